import { randomUUID } from 'node:crypto';
import { roles } from '../../shared/roles.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { insertStation } from '../stations/commands.ts';
import { rootStation } from '../stations/queries.ts';
import { insertUser } from './commands.ts';

/** The demo's root station and its seven accounts, user name = role, password `demo`; false when the folder has been set up before. */
export async function createDemoAccounts(service: Service): Promise<boolean> {
  if (await rootStation(service.database.knex)) return false;
  await runCommand(
    service,
    { kind: 'system' },
    { command: 'createDemoAccounts', subjectIds: [], fields: [] },
    async (ctx) => {
      const stationId = randomUUID();
      await insertStation(ctx, {
        id: stationId,
        parent: null,
        name: '西安市救助管理站',
        timeZone: 'Asia/Shanghai',
        locale: 'zh-CN',
      });
      for (const role of roles) {
        await insertUser(ctx, {
          id: randomUUID(),
          stationId,
          username: role,
          name: demoNames[role],
          role,
          password: 'demo',
          shelterId: null,
          locale: null,
        });
      }
    },
  );
  return true;
}

const demoNames: Record<(typeof roles)[number], string> = {
  partner: '合作单位',
  inspector: '督查员',
  shelter: '值守员',
  crew: '巡查员',
  dispatcher: '调度员',
  manager: '站长',
  admin: '管理员',
};
