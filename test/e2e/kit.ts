/** People in front of screens: what they open, press and read, and what their browser complains of. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { type Translate, translator } from '../../server/http/words.ts';
import type { LonLat } from '../../shared/geo.ts';
import { type DispatchRow, listDispatches, sendPatrol } from '../../shared/dispatches.ts';
import { type IncidentDetail, listIncidents, readIncident } from '../../shared/incidents.ts';
import { startPatrol } from '../../shared/patrols.ts';
import { listItems, moveSupplies } from '../../shared/supplies.ts';
import { listSightings, reportSighting, type SightingBody, type SightingRow } from '../../shared/sightings.ts';
import type { Locale } from '../../shared/stations.ts';
import type { Role } from '../../shared/roles.ts';
import { createUser, whoAmI } from '../../shared/users.ts';
import { person, type Person } from '../kit/people.ts';

export const phone = { width: 390, height: 844 };
export const wide = { width: 1440, height: 900 };
/** Longest a person waits for anything to appear, in ms; other work may have both cores. */
const PATIENCE_MS = 40_000;

/** Somebody with a browser context of their own. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** the words of the visitor's language */
  t: Translate;
  /** what the browser complained of so far: errors, refused content, other origins */
  complaints: string[];
  /** Complaints that this test brings about on purpose, such as a line that is down. */
  excuse(pattern: RegExp): void;
  open(address: string): Promise<void>;
  /** Signs in and opens a page of the staff; signing in on the page itself is proved in axe.test.ts and setup-link.test.ts. */
  signIn(username: string, address: string, password?: string): Promise<void>;
  /** The button with exactly these words; inside `within` when given. */
  button(words: string, within?: Locator): Locator;
  press(words: string, within?: Locator): Promise<void>;
  /** Holds a button down until `done` is there. */
  hold(words: string, done: Locator): Promise<void>;
  sees(what: string | RegExp | Locator): Promise<void>;
  /** A picture for people, when WARMPATH_PICTURES names a folder. */
  picture(name: string): Promise<void>;
}

export interface VisitorOptions extends Omit<BrowserContextOptions, 'locale' | 'geolocation'> {
  locale?: Locale;
  at?: LonLat;
}

/** What the tests of one file share. */
export interface City {
  origin: string;
  visitor(options?: VisitorOptions): Promise<Visitor>;
  /** Somebody of the demo who asks the service directly; signed in once. */
  staff(username: string, password?: string): Promise<Person>;
}

async function sessionOf(origin: string, username: string, password: string): Promise<Person> {
  const response = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath' },
    body: JSON.stringify({ username, password }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined) throw new Error(`${username} was not signed in: ${String(response.status)}`);
  const bare = person(origin, { id: '', role: 'public', stationId: '', cookie });
  const { user } = await bare.does(whoAmI);
  return person(origin, { id: user.id, role: user.role, stationId: user.stationId, cookie });
}

/** Collects what must not happen on any page. */
async function watch(context: BrowserContext, page: Page, origin: string, complaints: string[]): Promise<void> {
  await context.exposeFunction('heardViolation', (words: string) => complaints.push(`refused by policy: ${words}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      const heard = (window as unknown as { heardViolation: (words: string) => void }).heardViolation;
      heard(`${violatedDirective} ${blockedURI} ${sourceFile}`);
    });
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(blob|data):/.test(url) && new URL(url).origin !== origin) complaints.push(`other origin: ${url}`);
  });
}

/** Somebody who arrives at a service with a browser context of their own, which the caller closes. */
export async function openVisitor(
  browser: Browser,
  origin: string,
  { locale = 'en', at, ...options }: VisitorOptions,
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: phone,
    reducedMotion: 'reduce',
    // a worker would stand between the page and the lines that tests cut; its own test lets it in
    serviceWorkers: 'block',
    ...options,
    locale,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  if (at !== undefined) {
    await context.grantPermissions(['geolocation'], { origin });
    await context.setGeolocation({ longitude: at[0], latitude: at[1], accuracy: 12 });
  }
  const page = await context.newPage();
  const complaints: string[] = [];
  await watch(context, page, origin, complaints);
  const t = translator(locale);
  const visitor: Visitor = {
    page,
    context,
    t,
    complaints,
    excuse(pattern) {
      const push = complaints.push.bind(complaints);
      complaints.push = (...words) => push(...words.filter((each) => !pattern.test(each)));
    },
    async open(address) {
      await page.goto(origin + address);
    },
    async signIn(username, address, password = 'demo') {
      // by the call that the page would make: loading that page, too, took as long again each time
      const answer = await context.request.post(`${origin}/api/session`, {
        headers: { 'x-requested-with': 'warmpath' },
        data: { username, password },
      });
      if (!answer.ok()) throw new Error(`${username} was not signed in: ${String(answer.status())}`);
      await page.goto(origin + address);
    },
    button: (words, within) => (within ?? page).getByRole('button', { name: words, exact: true }),
    press: (words, within) => visitor.button(words, within).click(),
    async hold(words, done) {
      const button = visitor.button(words);
      // scrolled to and steady
      await button.hover();
      await page.mouse.down();
      await done.waitFor();
      await page.mouse.up();
    },
    async sees(what) {
      const place = typeof what === 'string' || what instanceof RegExp ? page.getByText(what) : what;
      await place.filter({ visible: true }).first().waitFor();
    },
    async picture(name) {
      const folder = process.env['WARMPATH_PICTURES'] ?? '';
      if (folder === '') return;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: path.join(folder, `${name}.png`) });
    },
  };
  return visitor;
}

/** For a test file: the city of setup.ts and the browser; visitors leave after each test, and must have had no complaint. */
export function useCity(): City {
  const origin = inject('origin');
  let browser: Browser | undefined;
  let visitors: Visitor[] = [];
  const known = new Map<string, Promise<Person>>();
  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'));
  });
  afterEach(async ({ task }) => {
    const present = visitors;
    visitors = [];
    if (task.result?.state === 'fail')
      for (const [n, each] of present.entries()) await each.picture(`failed ${task.name} ${String(n)}`);
    for (const { context } of present) await context.close();
    expect(present.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    origin,
    async visitor(options = {}) {
      if (!browser) throw new Error('the browser is not there yet');
      const made = await openVisitor(browser, origin, options);
      visitors.push(made);
      return made;
    },
    staff(username, password = 'demo') {
      const session = known.get(username) ?? sessionOf(origin, username, password);
      known.set(username, session);
      return session;
    },
  };
}

/** Waits until a question to the service has this answer. */
export const eventually = <T>(ask: () => Promise<T>): ReturnType<typeof expect.poll<T>> =>
  expect.poll(ask, { interval: 100 });

/** Every sighting with these words, as the desk reads them. */
export async function sightingsWith(city: City, description: string): Promise<SightingRow[]> {
  const { items } = await (await city.staff('dispatcher')).does(listSightings, { query: { limit: '500' } });
  return items.filter((row) => row.description === description);
}

/** The incident of these words, with all that is known of it. */
export async function incidentWith(city: City, description: string): Promise<IncidentDetail> {
  const dispatcher = await city.staff('dispatcher');
  const { items } = await dispatcher.does(listIncidents, { query: { status: 'all', limit: '500' } });
  const found = items.find((row) => row.description === description);
  if (!found) throw new Error(`no incident says "${description}"`);
  return dispatcher.does(readIncident, { params: { id: found.id } });
}

/** A report as a machine would send it; answers the incident it opened. */
export async function report(
  city: City,
  description: string,
  more: Partial<SightingBody> = {},
): Promise<IncidentDetail> {
  const body = { id: randomUUID(), source: 'public' as const, people: 1, signs: [], description, ...more };
  await (await city.staff('dispatcher')).does(reportSighting, { body });
  return incidentWith(city, description);
}

/** Somebody new at the demo's root station, with the password NEW_PASSWORD. */
export async function newcomer(city: City, role: Role): Promise<Person & { username: string }> {
  const admin = await city.staff('admin');
  const username = `${role}-${randomUUID().slice(0, 8)}`;
  const body = { id: randomUUID(), stationId: admin.stationId, username, name: username, role, password: NEW_PASSWORD };
  await admin.does(createUser, { body });
  return { ...(await city.staff(username, NEW_PASSWORD)), username };
}
export const NEW_PASSWORD = 'a password of the tests';

/** An outing of this crew on foot, with nine of three items to hand out. */
export async function goOut(city: City, crew: Person, name: string): Promise<string> {
  const id = randomUUID();
  await (await city.staff('dispatcher')).does(startPatrol, { body: { id, name, crew: [crew.id], crewCount: 2 } });
  const manager = await city.staff('manager');
  const { items } = await manager.does(listItems);
  for (const { id: itemId } of items.slice(0, 3))
    await manager.does(moveSupplies, {
      body: {
        id: randomUUID(),
        itemId,
        quantity: 9,
        from: { kind: 'supplier' },
        to: { kind: 'patrol', id },
        reason: 'receive',
      },
    });
  return id;
}

/** Sends a patrol as the desk would; answers the dispatch. */
export async function send(city: City, incidentId: string, patrolId: string): Promise<string> {
  const id = randomUUID();
  await (await city.staff('dispatcher')).does(sendPatrol, { body: { id, incidentId, patrolId } });
  return id;
}

/** A dispatch as the desk reads it. */
export async function dispatchOf(city: City, id: string): Promise<DispatchRow> {
  const { items } = await (
    await city.staff('dispatcher')
  ).does(listDispatches, { query: { status: 'all', limit: '500' } });
  const found = items.find((row) => row.id === id);
  if (!found) throw new Error('the dispatch is not there');
  return found;
}
