/** The Express application: what every request goes through, in order. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { Problem } from '../../shared/problems.ts';
import type { Config } from '../config.ts';
import type { Staff } from '../context.ts';
import type { Service } from '../realtime/command.ts';
import { type Assets, createAssets } from './assets.ts';
import { cookieOf, fromOwnOrigin, isLoopback, isSecureOrigin } from './cookies.ts';
import { answerer, type Gate } from './endpoint.ts';
import { crewManifest, crewWorker, publicWorker } from './install.ts';
import { addressPrefix, createLimits, type Limits } from './limits.ts';
import { httpSeconds, metricsText, metricsType } from './metrics.ts';
import { openApi } from './openapi.ts';
import { writeProblem } from './problem.ts';
import type { Page, PublicNotice, Route } from './route.ts';
import { baseMapOf, serveTiles, TILE_PATH } from './tiles.ts';
import { chooseLocale, translator } from './words.ts';

export interface Parts {
  service: Service;
  config: Config;
  /** folder of the browser's built files */
  webDir: string;
  /** made with the limiter, because signing in counts its failures there */
  routes: (limits: Limits) => readonly Route[];
  pages: readonly Page[];
  authenticate(headers: Request['headers']): Promise<Staff | null>;
  /** whether whoever is not signed in holds the cookie of a session that was taken out of service */
  holdsRevoked(headers: Request['headers']): Promise<boolean>;
  /** what stations tell the public now */
  notices(): Promise<readonly PublicNotice[]>;
}

/** No inline script or style, nothing from elsewhere but the operator's own tiles. */
function securityHeaders(config: Config): express.RequestHandler {
  const tiles = config.tiles?.kind === 'xyz' ? config.tiles.origins : [];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:', ...tiles],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ['vue', 'default', "'allow-duplicates'"],
      },
    },
    // A header that says https for ever is only for an origin that is https (RFC 6797, 7.2).
    strictTransportSecurity:
      config.publicOrigin?.startsWith('https:') === true ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginEmbedderPolicy: false,
  });
}

/** One structured line a request: route pattern and figures; never the URL, a query, a token or words. */
function observe(service: Service): express.RequestHandler {
  return (req, res, next) => {
    const from = performance.now();
    res.once('close', () => {
      const route = (req.route as { path?: string } | undefined)?.path ?? 'unmatched';
      const ms = performance.now() - from;
      httpSeconds.observe({ method: req.method, route, status: String(res.statusCode) }, ms / 1000);
      service.log.info({ method: req.method, route, status: res.statusCode, ms: Math.round(ms) }, 'request');
    });
    next();
  };
}

/** An address is text in UTF-8 without a NUL, which the database could not hold: before any route, so that all answer alike. */
const judgeAddress: express.RequestHandler = (req, _res, next) => {
  try {
    decodeURIComponent(req.path);
  } catch {
    throw new Problem('bad_request');
  }
  if (req.url.includes('%00')) throw new Problem('bad_request');
  next();
};

const form = express.urlencoded({ extended: false, limit: 102_400, parameterLimit: 200 });

function pageHandler(parts: Parts, limits: Limits, assets: Assets, page: Page) {
  return async (req: Request, res: Response): Promise<void> => {
    const known = await parts.authenticate(req.headers);
    const [staff, enrolling] = known?.mustEnrol === true ? [null, known] : [known, null];
    await limits.call(page.method === 'GET' ? 'publicReads' : 'publicWrites', addressPrefix(req.ip ?? ''));
    if (page.method === 'POST') {
      if (!fromOwnOrigin(req.headers, parts.config.publicOrigin)) throw new Problem('bad_origin');
      await new Promise<void>((resolve, reject) => {
        form(req, res, (error?: unknown) => {
          if (error === undefined) resolve();
          else reject(new Problem('too_large'));
        });
      });
    }
    const asked = req.query['lang'];
    const locale = chooseLocale(asked, cookieOf(req.headers, 'lang'), req.headers['accept-language']);
    if (asked === locale)
      res.cookie('lang', locale, { httpOnly: false, sameSite: 'lax', path: '/', maxAge: 365 * 86_400_000 });
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Vary', 'Accept-Language, Cookie');
    await page.handle(
      {
        service: parts.service,
        actor: staff ?? { kind: 'public' },
        enrolling,
        locale,
        t: translator(locale),
        assets: (entry) => assets.of(entry),
        file: (name) => assets.file(name),
        tour: parts.config.demo === 'playing',
        tiles: baseMapOf(parts.config.tiles),
        notices: page.notices === true ? await parts.notices() : [],
      },
      req,
      res,
    );
  };
}

export function createHttp(parts: Parts): Express {
  const { service, config } = parts;
  const limits = createLimits(config.limits);
  const assets = createAssets(parts.webDir);
  const routes = parts.routes(limits);
  const gate: Gate = {
    service,
    limits,
    publicOrigin: config.publicOrigin,
    authenticate: (req) => parts.authenticate(req.headers),
    holdsRevoked: (req) => parts.holdsRevoked(req.headers),
  };
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', config.trustProxy ?? false);
  app.use(observe(service), securityHeaders(config), judgeAddress);

  // made at the first look: describing every schema takes longer than all else at the start
  let description: ReturnType<typeof openApi> | undefined;
  app.get('/api/openapi.json', (_req, res) => {
    description ??= openApi(
      routes.map(({ endpoint }) => endpoint),
      config.version,
    );
    res.json(description);
  });
  app.get('/metrics', async (req, res) => {
    const staff = await parts.authenticate(req.headers);
    if (!isLoopback(req.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '') || config.trustProxy !== null) {
      if (staff?.role !== 'admin' || staff.mustEnrol) throw new Problem(staff ? 'forbidden' : 'unauthorized');
    }
    res.type(metricsType).send(await metricsText());
  });
  for (const route of routes)
    app[route.endpoint.method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete'](
      route.endpoint.path,
      answerer(gate, route),
    );
  app.use('/assets', assets.serve);
  app.get(TILE_PATH, serveTiles(config.tiles));
  app.get('/crew/manifest.webmanifest', crewManifest(assets));
  app.get('/crew/sw.js', crewWorker(assets));
  app.get('/shelters/sw.js', publicWorker(assets));
  for (const page of parts.pages)
    app[page.method === 'GET' ? 'get' : 'post'](page.path, pageHandler(parts, limits, assets, page));

  const known = new Set(routes.map(({ endpoint }) => endpoint.path));
  app.use((req: Request) => {
    const pattern = [...known].find((path) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(req.path));
    throw new Problem(pattern === undefined ? 'not_found' : 'method_not_allowed');
  });
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    // Express itself says 400 to a path that is no UTF-8.
    const status = error instanceof Problem ? undefined : (error as { status?: number }).status;
    writeProblem(
      req,
      res,
      error instanceof URIError || status === 400 ? new Problem('bad_request') : error,
      service.log,
    );
  });
  return app;
}

/** Whether staff may sign in from here at all; see cookies.ts. */
export const secureEnough = (req: Request, config: Config): boolean =>
  isSecureOrigin(req.headers, req.protocol, config.publicOrigin);
