import { listTasks, updateTask } from '../../shared/tasks.ts';
import { scopeOf } from '../db/scope.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { finishTask } from './commands.ts';
import { openTasks } from './queries.ts';

/** Endpoints of tasks. */
export const taskRoutes: Route[] = [
  route(listTasks, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await openTasks(ctx.db, scopeOf(ctx).scope, page), page.limit, (task) => task.id);
  }),
  route(updateTask, (ctx, { params, body }) => finishTask(ctx, params.id, body.version)),
];
