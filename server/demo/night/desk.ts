/** The night desk: one thing at a time, danger first, and hands off while a visitor works. */
import {
  type DispatchRow,
  listSuggestions,
  sendPatrol,
  stepDispatch,
  type SuggestionRow,
} from '../../../shared/dispatches.ts';
import { distanceM, point } from '../../../shared/geo.ts';
import {
  awaitsClosing,
  byUrgency,
  closeIncident,
  type IncidentRow,
  listDuplicates,
  markSeen,
  mergeIncident,
  noteIncident,
  updateIncident,
} from '../../../shared/incidents.ts';
import { updateTask } from '../../../shared/tasks.ts';
import { patrols } from '../city.ts';
import { patrolId } from '../place-city.ts';
import { lookAgain } from './again.ts';
import { reasonToClose } from './closing.ts';
import { Memos, type Memo, placeOf } from './memos.ts';
import { truthOf } from './phones.ts';
import { type Actor, steadily, unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';

/** Seconds of the night between two things the desk does. */
const PACE_S = 7;
/** A visitor at the desk has it for so long after each deed, and an incident they look at for so long. */
const HANDS_OFF_S = 600;
const LOOKED_AT_S = 180;
/** Two reports this close, with about as many people, are one. */
const SAME_PLACE_M = 130;
const SAME_TIME_MIN = 45;
const ON_FOOT_M = 1300;
const REACH_M = 16_000;
/** More than this waiting and nobody free: the districts' own people go and see. */
const LONG_QUEUE = 5;
const LONG_WAIT_S = { normal: 900, urgent: 2700, life_risk: Infinity } as const;
const UNANSWERED_S = { note: 200, recall: 480 } as const;
const STUCK_S = 5400;
/** A tracker without a word for so long, on the clock and in the night, has somebody ring the crew. */
const SILENT_S = { clock: 30, night: 300 } as const;

/** What the street's own people ring back with. */
const districtAnswers: readonly [string, ...string[]] = [
  '车组排满，已转街道网格员上门：人在，送了热水和毛毯',
  '车组排满，已转属地社区：到场未见到人，值班室继续留意',
  '车组排满，已转辖区派出所巡逻车顺路查看：本人等车，已上车离开',
];

/** Does one thing and says so, or finds nothing to do. */
type Chore = () => Promise<boolean>;

export function dispatcher(night: Night): Actor {
  const { play, picture, cast, chance, truths } = night;
  const me = cast.desk;
  const memos = new Memos(chance.own('desk'));
  const onFoot = new Set(
    patrols.flatMap(({ vehicle }, n) => (vehicle === null ? [patrolId(night.place.chance, n)] : [])),
  );
  /** by dispatch: when it was first seen, and what was said about it */
  const jobs = new Map<string, { since: number; rung: boolean }>();
  const silences = new Set<string>();
  const tasks = new Map<string, number>();

  const open = (): { incident: IncidentRow; memo: Memo; age: number }[] =>
    Object.values(picture.state.incidents)
      .map((incident) => ({ incident, memo: memos.of(incident, play.now) }))
      .map((one) => ({ ...one, age: play.now - one.memo.since }))
      .filter(
        ({ incident, memo }) =>
          memo.notBefore <= play.now &&
          // a visitor who has taken it in hand is left alone with it; the night's desk claims nothing
          (incident.claimedUntil === null || Date.parse(incident.claimedUntil) <= play.wall()) &&
          play.now - (picture.visitor.looks.get(incident.id) ?? -Infinity) > LOOKED_AT_S,
      )
      .sort((a, b) => byUrgency(a.incident, b.incident));

  const note = async (id: string, text: string): Promise<boolean> =>
    (await unlessOvertaken(me.does(noteIncident, { params: { id }, body: { text } }))) !== undefined;

  async function close(incident: IncidentRow, memo: Memo, reason: string): Promise<boolean> {
    // a bed that is still held for somebody keeps it open
    memo.notBefore = play.now + 60;
    const { id } = incident;
    return (await unlessOvertaken(me.does(closeIncident, { params: { id }, body: { reason } }))) !== undefined;
  }

  const see: Chore = async () => {
    const next = open().find(({ incident, memo, age }) => incident.seenAt === null && age >= memo.patience.see);
    if (!next) return false;
    await unlessOvertaken(me.does(markSeen, { params: { id: next.incident.id }, body: {} }));
    return true;
  };

  /** Folds the newer of two into the older. Neither has a crew under way, or only the one that stays. */
  const mergeTwins: Chore = async () => {
    for (const { incident, memo, age } of open()) {
      const place = placeOf(incident);
      if (!place || incident.patrolIds.length > 0 || incident.outcome !== null || age < memo.patience.see + 15)
        continue;
      const near = Object.values(picture.state.incidents).filter(
        (other) => other.id !== incident.id && distanceM(placeOf(other) ?? [0, 0], place) <= SAME_PLACE_M,
      );
      if (near.length === 0 || play.now - memo.twinsSeenAt < 120) continue;
      memo.twinsSeenAt = play.now;
      const { items } = await me.does(listDuplicates, { params: { id: incident.id } });
      const into = items.find(
        (other) =>
          other.openedAt <= incident.openedAt &&
          (other.distanceM ?? Infinity) <= SAME_PLACE_M &&
          other.minutesApart <= SAME_TIME_MIN / play.speed &&
          other.outcome !== 'not_found' &&
          Math.abs(other.people - incident.people) <= 1,
      );
      if (!into) continue;
      const { id } = incident;
      await unlessOvertaken(me.does(mergeIncident, { params: { id }, body: { intoId: into.id } }));
      return true;
    }
    return false;
  };

  /** Rings the reporter back: some need nobody, some say where it really is, some do not answer. */
  const ringBack: Chore = async () => {
    for (const { incident, memo, age } of open()) {
      if (memo.rung || incident.patrolIds.length > 0 || age < memo.patience.ring) continue;
      const truth = truthOf(truths, incident.sightingIds);
      const { id, version } = incident;
      if (incident.lane === 'outside') {
        memo.rung = true;
        if (await note(id, '已电话告知咸阳市救助管理站，对方已受理')) return true;
      } else if (truth?.ending.kind === 'settled' && incident.outcome === null) {
        memo.rung = true;
        return close(incident, memo, truth.ending.reason);
      } else if (incident.lane === 'unplaced' && !truth?.misplaced) {
        memo.rung = true;
        if (await note(id, '回拨来电人，无人接听，稍后再拨')) return true;
      } else if (truth?.misplaced === true && (incident.lane === 'unplaced' || incident.outcome === 'not_found')) {
        memo.rung = true;
        memo.again = true;
        const { at, placeText } = truth;
        const body = { version, position: point(...at), placeText };
        await unlessOvertaken(me.does(updateIncident, { params: { id }, body }));
        return note(id, `回拨来电人：位置确认在${placeText}`);
      }
    }
    return false;
  };

  const fits = ({ excluded, freeInS, patrolId: id, distanceM: metres, reasons }: SuggestionRow, memo: Memo): boolean =>
    excluded === null &&
    freeInS === 0 &&
    !memo.without.has(id) &&
    metres !== null &&
    metres <= (onFoot.has(id) ? ON_FOOT_M : REACH_M) &&
    !reasons.includes('stale_position');

  /** For a life, a crew that is still on the way to something less pressing turns round. */
  async function divert(incident: IncidentRow, memo: Memo, rows: readonly SuggestionRow[]): Promise<boolean> {
    const { dispatches, incidents } = picture.state;
    const jobs = rows
      .filter(({ patrolId: id, distanceM: metres }) => metres !== null && metres <= REACH_M && !onFoot.has(id))
      .flatMap(({ patrolId: id }) => Object.values(dispatches).filter(({ patrolId: by }) => by === id))
      .filter(({ status }) => status === 'dispatched' || status === 'accepted' || status === 'en_route');
    const turning = (['normal', 'urgent'] as const)
      .flatMap((less) => jobs.filter(({ incidentId }) => incidents[incidentId]?.priority === less))
      .at(0);
    if (!turning) return false;
    memo.notBefore = play.now;
    const body = { status: 'recalled', reason: `改派：${incident.code} 有生命危险` } as const;
    await unlessOvertaken(me.does(stepDispatch, { params: { id: turning.id }, body }));
    return true;
  }

  const send: Chore = async () => {
    const waiting = open().filter(
      ({ incident, memo, age }) =>
        incident.status === 'open' &&
        incident.lane === null &&
        incident.position !== null &&
        (incident.outcome === null || memo.again) &&
        // one that sounds unsure is rung back first
        truthOf(truths, incident.sightingIds)?.ending.kind !== 'settled' &&
        age >= memo.patience.send,
    );
    for (const { incident, memo } of waiting) {
      const { items } = await me.does(listSuggestions, { params: { id: incident.id } });
      const best = items.find((row) => fits(row, memo));
      if (!best) {
        if (incident.priority === 'life_risk') {
          if (await divert(incident, memo, items)) return true;
        }
        const nearest = Math.min(...items.map(({ distanceM: metres }) => metres ?? Infinity));
        if (nearest > REACH_M && nearest < Infinity) {
          return close(incident, memo, '超出市区巡查范围，已转属地区县救助站，当晚回话');
        }
        memo.notBefore = play.now + 30;
        continue;
      }
      memo.sent += 1;
      const id = memo.chance.id(`dispatch ${String(memo.sent)}`);
      const body = { id, incidentId: incident.id, patrolId: best.patrolId };
      await unlessOvertaken(me.does(sendPatrol, { body }));
      return true;
    }
    const oldest = waiting.find(({ incident, age }) => age > LONG_WAIT_S[incident.priority]);
    if (waiting.length <= LONG_QUEUE || !oldest) return false;
    return close(oldest.incident, oldest.memo, oldest.memo.chance.pick(districtAnswers));
  };

  async function watchJob(job: DispatchRow, memo: { since: number; rung: boolean }): Promise<boolean> {
    const waits = play.now - memo.since;
    const { id, incidentId } = job;
    const recall = async (reason: string): Promise<boolean> => {
      const incident = picture.state.incidents[incidentId];
      if (incident) memos.of(incident, play.now).without.add(job.patrolId);
      const status = job.status === 'on_scene' || job.status === 'transporting' ? 'done' : 'recalled';
      return (await unlessOvertaken(me.does(stepDispatch, { params: { id }, body: { status, reason } }))) !== undefined;
    };
    if (job.status === 'dispatched' && waits > UNANSWERED_S.note && !memo.rung) {
      memo.rung = true;
      return note(incidentId, '车组还没接单，正在电话呼叫');
    }
    if (night.manual) return false;
    if (job.status === 'dispatched' && waits > UNANSWERED_S.recall) return recall('多次呼叫未应答，改派');
    return waits > STUCK_S ? recall('久无回音，电话确认后由调度结束') : false;
  }

  /** Crews that do not answer, and trackers that have gone silent. */
  const ringCrews: Chore = async () => {
    const { dispatches, patrols: outings } = picture.state;
    for (const id of jobs.keys()) if (!dispatches[id]) jobs.delete(id);
    for (const job of Object.values(dispatches)) {
      const known = jobs.get(job.id) ?? { since: play.now, rung: false };
      jobs.set(job.id, known);
      if (await watchJob(job, known)) return true;
    }
    for (const { id, num, name, status } of Object.values(outings)) {
      const fix = picture.fixes.get(num);
      const silent =
        status === 'busy' &&
        fix !== undefined &&
        play.wall() - fix.at > SILENT_S.clock * 1000 + (SILENT_S.night * 1000) / play.speed;
      const job = Object.values(dispatches).find(({ patrolId: by }) => by === id);
      if (!silent) silences.delete(id);
      else if (job && !silences.has(id)) {
        silences.add(id);
        return note(job.incidentId, `${name}定位中断，电话已接通：手机冻没电了，人车正常，继续前往`);
      }
    }
    return false;
  };

  const finish: Chore = async () => {
    for (const { incident, memo, age } of open()) {
      const given = incident.lane !== null && memo.rung && !memo.again;
      if (given && age > 1200) {
        const words =
          incident.lane === 'outside'
            ? '不在本市范围，已转咸阳市救助管理站'
            : '多次回拨无人接听，位置无法确认，已请沿线网格员留意';
        return close(incident, memo, words);
      }
      const truth = truthOf(truths, incident.sightingIds);
      const secondTry = incident.outcome === 'not_found' && truth?.misplaced === true && (!memo.rung || memo.again);
      const over = awaitsClosing(incident) && !(secondTry && memo.sent < 2);
      if (!over) {
        memo.overSince = null;
        continue;
      }
      memo.overSince ??= play.now;
      if (play.now - memo.overSince < memo.patience.close) continue;
      return close(incident, memo, await reasonToClose(me, picture, incident.id));
    }
    return false;
  };

  const tidy: Chore = async () => {
    for (const { id, version } of Object.values(picture.state.tasks)) {
      const since = tasks.get(id) ?? play.now;
      tasks.set(id, since);
      if (play.now - since < 240) continue;
      tasks.delete(id);
      await unlessOvertaken(me.does(updateTask, { params: { id }, body: { version, done: true } }));
      return true;
    }
    return false;
  };

  const again: Chore = lookAgain(night, async (incident) => {
    const { items } = await me.does(listSuggestions, { params: { id: incident.id } });
    return items.find((row) => fits(row, memos.of(incident, play.now)))?.patrolId;
  });

  const chores: readonly Chore[] = [see, mergeTwins, send, again, ringBack, ringCrews, finish, tidy];
  return steadily(async function* () {
    yield PACE_S;
    if (play.now - picture.visitor.desk < HANDS_OFF_S) return;
    await picture.fresh();
    memos.keepOnly(picture.state.incidents);
    for (const chore of chores) if (await chore()) return;
  });
}
