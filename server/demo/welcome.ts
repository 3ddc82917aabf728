/** What the demo prints when it is ready. */
import { roles } from '../../shared/roles.ts';
import { informants } from './city.ts';

export function welcomeText(origin: string): string {
  const links: readonly (readonly [string, string, string])[] = [
    ['/desk', 'desk 调度台', 'dispatcher, manager'],
    ['/crew', 'crew 巡查', 'crew'],
    ['/shelter', 'shelter 救助点', 'shelter'],
    ['/tally', 'tally 统计', 'inspector, admin'],
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

Stop with Ctrl+C. 按 Ctrl+C 结束。`;
}
