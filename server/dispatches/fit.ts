/** Whether a patrol fits what an incident needs; what is missing costs places in the ranking, never minutes of the ETA shown. */

/** What an incident needs of whoever goes. */
export interface Need {
  people: number;
  /** named skills and languages, each once, sorted */
  skills: readonly string[];
}
/** What a patrol brings. */
export interface Crew {
  /** seats left beside the crew's own; null on foot */
  spareSeats: number | null;
  skills: readonly string[];
  /** something to hand out is aboard; null where nobody keeps a register of supplies */
  supplies: boolean | null;
  /** seconds from now; null when nobody said when the shift ends */
  shiftEndsInS: number | null;
}
/** Rules of the incident's station. */
export interface FitRules {
  /** `dispatch.penalties`, minutes each */
  penalties: Readonly<Record<'seats' | 'skill' | 'language' | 'supplies' | 'shift_end', number>>;
  /** how long a crew is needed after it has come, in seconds: `dispatch.soon_free`, on scene */
  jobS: number;
}

/** Speaks for (`seats`, `medical`, `speaks` ...) and against (`missing_seats`, `on_foot`, `shift_ends` ...). */
export interface Fit {
  reasons: string[];
  penaltyMin: number;
}

const isLanguage = (skill: string): boolean => skill.startsWith('lang:');

/** The desk's own wish and what the signs ask for by the rule `dispatch.fit`. */
export function needOf(
  incident: { people: number; signs: readonly string[]; wants: readonly string[] },
  rule: readonly { sign: string; skill: string }[],
): Need {
  const bySigns = rule.filter(({ sign }) => incident.signs.includes(sign)).map(({ skill }) => skill);
  return { people: incident.people, skills: [...new Set([...incident.wants, ...bySigns])].sort() };
}

/** The shift ends before a job that begins in `arrivesInS` seconds could be done. */
export const endsTooSoon = (shiftEndsInS: number | null, arrivesInS: number, jobS: number): boolean =>
  shiftEndsInS !== null && arrivesInS + jobS > shiftEndsInS;

/** `arrivesInS` is null when nobody knows; then only a shift that is over already ends too soon. */
export function fit(need: Need, crew: Crew, arrivesInS: number | null, { penalties, jobS }: FitRules): Fit {
  const reasons: string[] = [];
  let penaltyMin = 0;
  const judge = (good: boolean, speaksFor: string, against: string, cost: number): void => {
    reasons.push(good ? speaksFor : against);
    if (!good) penaltyMin += cost;
  };
  judge(
    crew.spareSeats !== null && crew.spareSeats >= need.people,
    'seats',
    crew.spareSeats === null ? 'on_foot' : 'missing_seats',
    penalties.seats,
  );
  for (const skill of need.skills.filter((each) => !isLanguage(each)))
    judge(crew.skills.includes(skill), skill, `missing_${skill}`, penalties.skill);
  const languages = need.skills.filter(isLanguage);
  const unspoken = languages.filter((each) => !crew.skills.includes(each)).length;
  if (languages.length > 0) judge(unspoken === 0, 'speaks', 'missing_language', unspoken * penalties.language);
  if (crew.supplies !== null) judge(crew.supplies, 'supplies', 'missing_supplies', penalties.supplies);
  if (endsTooSoon(crew.shiftEndsInS, arrivesInS ?? -jobS, jobS)) judge(false, '', 'shift_ends', penalties.shift_end);
  return { reasons, penaltyMin };
}
