/** What a phone or tracker is set up with. */
import { toString as qrSvg } from 'qrcode';
import type * as z from 'zod/mini';
import type { deviceSetup } from '../../shared/patrols.ts';
import { Problem } from '../../shared/problems.ts';
import type { Context } from '../context.ts';
import { one } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { deviceToken } from './queries-device-token.ts';
import { lockedDevice } from './queries-equipment.ts';

type DeviceSetup = z.infer<typeof deviceSetup>;

/** A QR code as an address of its own, which no inline drawing would be allowed to be; four modules of white all round (ISO/IEC 18004, 6.3.8). */
async function qrAddress(text: string): Promise<string> {
  // L: on a screen nothing wears off, and fewer modules are larger ones for the camera of a cheap phone
  const svg = await qrSvg(text, { type: 'svg', errorCorrectionLevel: 'L', margin: 4 });
  return `data:image/svg+xml,${encodeURIComponent(svg.trim())}`;
}

/** OwnTracks takes its whole configuration from a link (owntracks.org/booklet/features/remoteconfig); mode 3 is HTTP. */
function owntracksLink(url: string, uniqueId: string, token: string): string {
  const settings = {
    _type: 'configuration',
    mode: 3,
    url,
    auth: true,
    username: uniqueId,
    password: token,
    deviceId: uniqueId,
  };
  const inline = Buffer.from(JSON.stringify(settings)).toString('base64');
  return `owntracks:///config?inline=${encodeURIComponent(inline)}`;
}

/** The secret of a device of the subtree and its addresses at `origin`; `renew` makes a new secret first. 404 out of scope. */
export async function setUpDevice(ctx: Context, id: string, renew: boolean, origin: string): Promise<DeviceSetup> {
  const device = await lockedDevice(ctx.db, scopeOf(ctx).scope, id);
  if (!device) throw new Problem('not_found');
  const { version, tokenVersion } = await one<{ version: number; tokenVersion: number }>(
    ctx.db,
    renew
      ? `update devices set token_version = token_version + 1, version = version + 1 where id = cast(:id as uuid) returning version, token_version as "tokenVersion"`
      : `select version, token_version as "tokenVersion" from devices where id = cast(:id as uuid)`,
    { id },
  );
  const token = deviceToken(ctx.followKey, id, tokenVersion);
  // a client that may go without has a shorter address to type
  const osmandUrl = `${origin}/osmand${device.tokenRequired ? `?token=${token}` : ''}`;
  const owntracksUrl = `${origin}/owntracks`;
  return {
    id,
    version,
    uniqueId: device.uniqueId,
    token,
    osmandUrl,
    osmandQr: await qrAddress(osmandUrl),
    owntracksUrl,
    owntracksQr: await qrAddress(owntracksLink(owntracksUrl, device.uniqueId, token)),
  };
}
