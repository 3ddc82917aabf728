/** Keys of advisory locks, each once: numbers that no other program on the cluster uses. */

/** Of a transaction that writes facts: makes the order of seq the order of commits. */
export const EVENT_LOCK = 7_146_231;
/** One import of shelters after the other. */
export const SHELTER_IMPORT_LOCK = 7_146_232;
/** One node at a time looks after stock. */
export const STOCK_WATCH_LOCK = 7_146_233;
/** One warning after the other: a message and the one that cancels it may come at the same moment, in any order. */
export const ALERT_LOCK = 7_146_234;
/** One step of a plan after the other: what two of them lay over the same thing has an order. */
export const PLAN_STEPS_LOCK = 7_146_237;
/** Of a session that migrates: "warmpath" on a phone's keys. */
export const MIGRATION_LOCK = 92_767_284;
