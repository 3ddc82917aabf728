import { describe, expect, it } from 'vitest';
import { dueSlots, type Schedule } from '../../server/jobs/slots.ts';

const zones = [
  'Asia/Shanghai',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'UTC',
] as const;
const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2028-01-01T00:00:00Z');
const formats = new Map<string, Intl.DateTimeFormat>();
const local = (zone: string, at: Date): { day: string; time: string } => {
  let format = formats.get(zone);
  if (!format)
    formats.set(
      zone,
      (format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })),
    );
  const text = format.format(at);
  const [day = '', time = ''] = text.split(' ');
  return { day, time };
};
const known = new Map<string, string[]>();
/** Every local day that begins and ends within the two years. */
function daysOf(zone: string): string[] {
  const before = known.get(zone);
  if (before) return before;
  const days = new Set<string>();
  for (let at = FROM.getTime() + 36 * 3_600_000; at < TO.getTime() - 36 * 3_600_000; at += 6 * 3_600_000)
    days.add(local(zone, new Date(at)).day);
  known.set(zone, [...days]);
  return [...days];
}

describe('a daily slot', () => {
  for (const zone of zones)
    // midnight and the hours at which clocks are set are where a day may be missed or come twice
    it.each(['00:00', '00:30', '01:30', '02:15'] as const)(
      `in ${zone} at %s comes once each local day, over two years`,
      (time) => {
        const slots = dueSlots({ dailyAt: time }, zone, FROM, TO);
        const byDay = new Map<string, number>();
        let odd = 0;
        for (const slot of slots) {
          const { day, time: shown } = local(zone, slot);
          byDay.set(day, (byDay.get(day) ?? 0) + 1);
          if (shown !== time) odd += 1;
        }
        expect(daysOf(zone).filter((day) => byDay.get(day) !== 1)).toEqual([]);
        // a wall time that a spring morning skips: at most once a year
        expect(odd).toBeLessThanOrEqual(2);
        expect(slots.map(Number)).toEqual(slots.map(Number).sort((a, b) => a - b));
      },
    );

  it('that is skipped in spring falls after the gap; that comes twice in autumn is taken the first time', () => {
    const of = (day: string, time: `${number}:${number}`) =>
      dueSlots({ dailyAt: time }, 'Europe/London', new Date(`${day}T00:00:00Z`), new Date(`${day}T12:00:00Z`)).map(
        (at) => at.toISOString(),
      );
    expect(of('2026-03-29', '01:30')).toEqual(['2026-03-29T01:30:00.000Z']);
    expect(of('2026-10-25', '01:30')).toEqual(['2026-10-25T00:30:00.000Z']);
  });
});

describe('slots', () => {
  const schedules: [string, Schedule][] = [
    ['every minute', { everyMinutes: 1 }],
    ['every quarter', { everyMinutes: 15 }],
    ['daily', { dailyAt: '01:30' }],
  ];
  it.each(schedules)('%s: asking in pieces gives each once, the border included on one side', (_name, schedule) => {
    const from = new Date('2026-10-24T00:00:00Z');
    const to = new Date('2026-10-26T12:00:00Z');
    const whole = dueSlots(schedule, 'Europe/London', from, to);
    for (const stepMs of [7 * 60_000, 3_600_000, 5 * 3_600_000]) {
      const pieces: Date[] = [];
      for (let at = from.getTime(); at < to.getTime(); at += stepMs)
        pieces.push(
          ...dueSlots(schedule, 'Europe/London', new Date(at), new Date(Math.min(at + stepMs, to.getTime()))),
        );
      expect(pieces).toEqual(whole);
    }
  });
  it('are none in no time', () => {
    for (const [, schedule] of schedules) expect(dueSlots(schedule, 'UTC', FROM, FROM)).toEqual([]);
  });
});
