/** How cold it is by the station's plan; 'none' while no level is on. */
export const planLevels = ['none', 'blue', 'yellow', 'orange', 'red'] as const;
export type PlanLevel = (typeof planLevels)[number];
