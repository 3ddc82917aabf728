/** Whatever is called, each viewer's picture with the changes folded in is the picture they would fetch anew. */
import { beforeAll, describe, expect, it } from 'vitest';
import { useApp } from '../kit/app.ts';
import { everybody, expectPictures, type Pictures, picturesOf } from '../kit/replay.ts';
import { call } from './calling.ts';
import { columns, createWorld, matrix, may, testerOf, type World } from './matrix.ts';

describe('snapshot and changes agree around every command', () => {
  const app = useApp();
  let world: World;
  // kept through all commands, as a client keeps its own
  let pictures: Pictures;
  beforeAll(async () => {
    world = await createWorld(app);
    pictures = await picturesOf(everybody(app));
  });

  // Signing in and out changes who looks, not what there is to see.
  const commands = Object.entries(matrix).filter(
    ([name]) => !/^(list|read|sample|whoAmI$|signIn$|signOut$)/.test(name),
  );

  it('leaves no command out', () => {
    // trackers write by GET
    const unsafe = app.running.routes.filter(
      ({ endpoint }) => endpoint.method !== 'GET' || endpoint.name === 'getOsmand',
    );
    const names = unsafe.map(({ endpoint }) => endpoint.name).filter((name) => !/^(sign(In|Out)$|read)/.test(name));
    expect(commands.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it.each(commands)('%s', async (name, line) => {
    const endpoint = app.running.routes.find((route) => route.endpoint.name === name)?.endpoint;
    if (!endpoint) throw new Error('no such endpoint');
    const column = (['crew', 'shelter', ...columns] as const).find((each) => may(each, line)) ?? 'public';
    const who = testerOf(app, 'east', column);
    const asked = await line.ask(world, column, who);
    const answer = await call(endpoint, asked.as ?? who, asked);
    await expectPictures(pictures);
    expect([name, answer.status, answer.text.slice(0, 300)]).toEqual([name, endpoint.status, expect.anything()]);
  });
});
