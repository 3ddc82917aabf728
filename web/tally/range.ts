/** Calendar days of a station, as the tally counts them: YYYY-MM-DD, both ends included. */
export interface Range {
  from: string;
  to: string;
}
export const presets = ['last_night', 'week', 'month', 'season'] as const;
export type Preset = (typeof presets)[number];

/** The calendar day at an instant in a zone. */
export function dayIn(zone: string, at: Date): string {
  // Swedish writes dates as ISO does
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    at,
  );
}

/** Days before or after a calendar day; calendar arithmetic, so no clock change disturbs it. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** A season runs from 1 November (field default of the cold-wave plans: early November to March). */
const seasonStart = (day: string): string => {
  const year = Number(day.slice(0, 4));
  return `${day.slice(5) >= '11-01' ? year : year - 1}-11-01`;
};

export function rangeOf(preset: Preset, today: string): Range {
  switch (preset) {
    case 'last_night':
      return { from: addDays(today, -1), to: today };
    case 'week':
      return { from: addDays(today, -6), to: today };
    case 'month':
      return { from: addDays(today, -29), to: today };
    case 'season':
      return { from: seasonStart(today), to: today };
  }
}
