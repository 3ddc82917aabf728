/** Holds of one choice have ids that differ in their last block only: so it is known, also after a restart, which of them belong together. */
const CHOICE_LENGTH = 24;
export const newChoice = (): string => crypto.randomUUID().slice(0, CHOICE_LENGTH);
export const partId = (choice: string): string => choice + crypto.randomUUID().slice(CHOICE_LENGTH);
export const sameChoice = (a: string, b: string): boolean => a.slice(0, CHOICE_LENGTH) === b.slice(0, CHOICE_LENGTH);
