/** What is written down when people are handed over at a shelter. */
import { clock } from '../ui/format.ts';
import { t } from '../ui/words.ts';

export interface DeliveryDraft {
  arrivedAt: string | null;
  /** name or post of whoever took them over, as they gave it */
  takenBy: string;
}
export const newDelivery = (): DeliveryDraft => ({ arrivedAt: null, takenBy: '' });

/** The line for the incident's story, or null when nothing was written down. */
export function deliveryWords({ arrivedAt, takenBy }: DeliveryDraft, place: string): string | null {
  const name = takenBy.trim();
  const parts = [
    arrivedAt === null ? '' : t('delivery.said_arrived', { place, time: clock(arrivedAt) }),
    name === '' ? '' : t('delivery.said_taken', { place, name }),
  ].filter((words) => words !== '');
  return parts.length === 0 ? null : parts.join(' ');
}
