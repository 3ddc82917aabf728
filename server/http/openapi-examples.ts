/** Bodies of those calls that other systems make most; a test holds them against the contract. */

const id = '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e11';
const place = { type: 'Point', coordinates: [108.9402, 34.2611] };
const at = '2026-01-15T13:00:00.000Z';

/** A body for those calls that other systems make most. */
export const examples: Readonly<Record<string, unknown>> = {
  reportSighting: {
    id,
    position: place,
    accuracyM: 15,
    placeText: 'Underpass at the south gate, east stairs',
    source: 'partner',
    informantCode: 'XA-HW-01',
    observedAt: at,
    people: 1,
    description: 'An elderly man on cardboard, awake, no blanket',
    signs: ['elderly', 'no_blanket'],
  },
  takePositions: [{ patrolId: id, position: place, at, speedMps: 6.5, headingDeg: 90, accuracyM: 8, battery: 80 }],
  signIn: { username: 'desk.north', password: 'a long enough password' },
  createToken: { id, stationId: '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e01', name: 'City hotline', role: 'partner' },
  sendPatrol: {
    id,
    incidentId: '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e02',
    patrolId: '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e03',
  },
  stepDispatch: { status: 'accepted', at },
  holdBed: { id, people: 2, kind: 'any', for: 'Two men from the south gate' },
  checkIn: { id, shelterId: '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e04', people: 1 },
};
