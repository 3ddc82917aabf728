/** What the demo prints when it is ready. */
import { roles } from '../../shared/roles.ts';
import { informants } from './city.ts';
import { castPassword } from './night/cast.ts';
import type { NightOptions } from './night/night.ts';

const playing = ({ speed, crews }: NightOptions): string => `
  The night plays itself${speed === 1 ? '' : `, ${String(speed)} times as fast`}: people report, the desk sends, ${crews === 'manual' ? 'and every crew waits for you' : 'crews drive, shelters fill'}.
  Take any part: what you do counts, and its player steps back. The desk waits a minute before it sends and leaves
  you ten after each deed; the patrol 城中一组 is yours as soon as "crew" takes a step.
  夜晚会自己进行${speed === 1 ? '' : `（${String(speed)} 倍速）`}：有人上报，调度派车，${crews === 'manual' ? '车组都等您来操作' : '车组出动，避寒点陆续住满'}。您随时可以接手任何角色，对应的模拟人员会让开。
  Players 模拟人员: night-desk crew-1…6 house-1 …  (${castPassword})
  Flags: --seed 7 another night 换一夜 · --speed 5 faster, up to 20 加速 · --crews manual you drive 自己出车 · --still nothing moves 静止
`;

export function welcomeText(origin: string, night: NightOptions | null = null): string {
  const links: readonly (readonly [string, string, string])[] = [
    ['/desk', 'desk 调度台', 'dispatcher, manager'],
    ['/crew', 'crew 巡查', 'crew'],
    ['/shelter', 'shelter 救助点', 'shelter'],
    ['/tally', 'tally 统计', 'inspector, admin'],
    ['/admin', 'settings 设置', 'admin, manager'],
    ['/report', 'report a person 上报线索', 'no account 无需账号'],
    ['/shelters', 'warm places 避寒点', 'no account 无需账号'],
    [`/r/${informants[0]?.code ?? ''}`, "an informant's short link 信息员短链接", 'no account 无需账号'],
  ];
  const longest = Math.max(...links.map(([path]) => path.length));
  return `
Warmpath demo: a winter night in Xi'an, everybody in it invented.  暖途演示：西安的一个冬夜，人物均为虚构。

${links.map(([path, what, who]) => `  ${origin}${path.padEnd(longest)}  ${what} (${who})`).join('\n')}

  Accounts 账号: ${roles.toReversed().join(' ')}
  Password 密码: demo
${night === null ? '\n  Still: nothing moves unless you move it. 静止模式：只有您操作时才有变化。\n' : playing(night)}
Stop with Ctrl+C. 按 Ctrl+C 结束。`;
}
