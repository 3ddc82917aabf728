import { updateStep } from '../../shared/plans.ts';
import { type Route, route } from '../http/route.ts';
import { sayOfStep } from './commands-steps-hand.ts';

/** What people say of a plan's steps. */
export const stepRoutes: readonly Route[] = [
  route(updateStep, (ctx, { params, body }) => sayOfStep(ctx, params, body)),
];
