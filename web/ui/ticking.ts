/** The time of the page, moving on by itself: waiting times tick without a message from the server. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';
import { serverNow } from '../live/clock.ts';

interface Ticker {
  now: ShallowRef<Date>;
  users: number;
  timer: ReturnType<typeof setInterval>;
}
const tickers = new Map<number, Ticker>();

function start(everyMs: number): Ticker {
  const now = shallowRef(serverNow());
  const timer = setInterval(() => {
    now.value = serverNow();
  }, everyMs);
  const ticker = { now, users: 0, timer };
  tickers.set(everyMs, ticker);
  return ticker;
}

/** The server's time as a ref that moves every `everyMs`; one timer for all who ask alike, ended with the last of them. */
export function useNow(everyMs = 1000): Readonly<ShallowRef<Date>> {
  const ticker = tickers.get(everyMs) ?? start(everyMs);
  ticker.users += 1;
  onScopeDispose(() => {
    ticker.users -= 1;
    if (ticker.users > 0) return;
    clearInterval(ticker.timer);
    tickers.delete(everyMs);
  });
  return ticker.now;
}
