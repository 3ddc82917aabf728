/** SQL: a fix (positions p) that can be believed; one that only came late is as true as any. Equality, because of it the planner knows how many there are. */
export const BELIEVED = `p.marks in ('{}', '{backwards}')`;
/** SQL: a fix received in the stretch whose times are bound as `:from` and `:to`. */
export const RECEIVED = `p.received_at > cast(:from as timestamptz) and p.received_at <= cast(:to as timestamptz)`;
