/** Why an incident is closed, in the words of what was recorded. */
import type { EncounterRow, PersonOutcome } from '../../../shared/encounters.ts';
import { readIncident } from '../../../shared/incidents.ts';
import type { Person } from '../http.ts';
import type { Picture } from './picture.ts';

const helped: Record<PersonOutcome, string> = {
  brought_in: '已接回入住，登记完成',
  took_items: '已送衣被和热食，留了引导卡，天亮前再看一次',
  refused: '本人不愿离开，已留物资和引导卡，列入今晚复访',
  medical: '120 已接走送医，明早跟进',
  police: '民警已到场接手',
  family: '家人已接回',
  guided: '已问清去向并指路，不需要其他救助',
};
const notFound: Record<NonNullable<EncounterRow['notFoundReason']>, string> = {
  gone: '到场未见到人，周边找过',
  place_unclear: '位置不清，回拨后仍无法确认',
  no_access: '进不了楼，已请物业和社区留意',
};

/** Reads what the crew recorded, and what it noted when nobody was met. */
export async function reasonToClose(desk: Person, picture: Picture, id: string): Promise<string> {
  const { encounters, timeline } = await desk.does(readIncident, { params: { id } });
  const last = [...encounters].sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (!last) return '核实后结束';
  const [first] = last.people;
  if (first) {
    const house = last.shelterId === null ? undefined : picture.state.shelters[last.shelterId];
    const where = house && !house.confidential ? `${house.name}：` : '';
    return first.outcome === 'brought_in' ? `${where}${helped.brought_in}` : helped[first.outcome];
  }
  const noted = timeline.findLast(({ kind, at }) => kind === 'noted' && at >= last.at)?.detail['text'];
  return typeof noted === 'string' ? noted : notFound[last.notFoundReason ?? 'gone'];
}
