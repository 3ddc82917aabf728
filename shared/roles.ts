/** The roles of a signed-in person or token. What each may see and do is said per endpoint (`who`) and per noun (server/realtime/audience.ts). */
export const roles = ['partner', 'inspector', 'shelter', 'crew', 'dispatcher', 'manager', 'admin'] as const;
export type Role = (typeof roles)[number];

/** The desk: those who dispatch, merge, close. */
export const desk = ['dispatcher', 'manager'] as const satisfies readonly Role[];
/** Everybody who signs in. */
export const staff: readonly Role[] = [...roles];
