/** Whether the tour of a page was taken or turned down on this device; it is offered once. */
const keyOf = (face: string): string => `warmpath.tour.${face}`;

export function tourSeen(face: string): boolean {
  try {
    return localStorage.getItem(keyOf(face)) !== null;
  } catch {
    // what cannot be remembered would be asked at every visit
    return true;
  }
}
export function rememberTour(face: string): void {
  try {
    localStorage.setItem(keyOf(face), 'seen');
  } catch {
    // then it is not offered at all
  }
}
