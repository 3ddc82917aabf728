/** What the server tells a page at its start, in `<script type="application/json" id="boot">`. */
import type * as z from 'zod/mini';
import type { Role } from '../../shared/roles.ts';
import type { RuleKey, ruleSchemas } from '../../shared/rules.ts';
import type { Locale } from '../../shared/stations.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import type { SessionRow } from '../../shared/users.ts';

export interface Boot {
  locale: Locale;
  session: SessionRow | null;
  /** numbers to call in danger, of this city */
  emergency: readonly { number: string; service: string }[];
  /** the operator's tiles, or null: outlines only */
  tiles: BaseMap | null;
  /** IANA zone of the station */
  timeZone: string;
  version: string;
  /** false where a browser would not keep a session safe */
  secure: boolean;
  /** the demonstration, where nothing acts by itself when it is still; null in earnest */
  demo: { still: boolean } | null;
  /** rules of the field at this person's station, those this page goes by; read them with ruleOf() */
  rules: Partial<Record<RuleKey, unknown>>;
  /** nobody is signed in, and the session that was here was taken out of service */
  revoked: boolean;
  /** path of the page that was asked for */
  app: string;
  /** who may use that page */
  roles: readonly Role[];
  /** somebody is signed in whose role has another page */
  wrongRole: boolean;
}

const fallback: Boot = {
  locale: 'en',
  session: null,
  emergency: [],
  tiles: null,
  timeZone: 'Asia/Shanghai',
  version: '',
  secure: true,
  demo: null,
  rules: {},
  revoked: false,
  app: '',
  roles: [],
  wrongRole: false,
};

function readBoot(): Boot {
  const text = document.getElementById('boot')?.textContent ?? '';
  if (text.trim() === '') return fallback;
  return { ...fallback, ...(JSON.parse(text) as Partial<Boot>) };
}

/** Read once, when the page's script starts. */
export const boot: Boot = readBoot();

/** The value of a rule, or undefined where this page was not told it: a copy of the page kept by an older edition. */
export const ruleOf = <K extends RuleKey>(key: K): z.infer<(typeof ruleSchemas)[K]> | undefined =>
  boot.rules[key] as z.infer<(typeof ruleSchemas)[K]> | undefined;
