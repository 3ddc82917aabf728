/** Secrets of tracking devices. None is stored: each follows from the device's id, how often it was renewed, and the key of secret links. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Crockford's digits in small letters: typed on a phone by somebody in gloves, no letter looks like another. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** 5 bits each: 100 bits. */
const LENGTH = 20;

/** The token of a device; `tokenVersion` grows with each renewal, which ends the one before. */
export function deviceToken(followKey: Buffer, deviceId: string, tokenVersion: number): string {
  const mac = createHmac('sha256', followKey)
    .update(`device:${deviceId}:${String(tokenVersion)}`)
    .digest();
  return Array.from(mac.subarray(0, LENGTH), (byte) => DIGITS[byte & 31]).join('');
}

/** Whether a token is the device's present one; letters that were typed large count as well. */
export function isDeviceToken(followKey: Buffer, deviceId: string, tokenVersion: number, token: string): boolean {
  const right = Buffer.from(deviceToken(followKey, deviceId, tokenVersion));
  const given = Buffer.from(token.trim().toLowerCase());
  return given.length === right.length && timingSafeEqual(given, right);
}
