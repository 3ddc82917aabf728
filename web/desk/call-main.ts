/** The hotline's page. */
import { createApp } from 'vue';
import { readLine } from '../calls/line.ts';
import { serverNow } from '../live/clock.ts';
import '../ui/base.css';
import { boot } from '../ui/boot.ts';
import { allowKnownStrings } from '../ui/trusted.ts';
import { startWords } from '../ui/start-words.ts';
import CallPage from './CallPage.vue';

async function start(): Promise<void> {
  const line = readLine(location, serverNow());
  // a caller's number has no business in the address bar, the history or a bookmark
  history.replaceState(null, '', location.pathname);
  allowKnownStrings();
  await startWords();
  // without a session the server answers with the sign-in page instead
  if (boot.session) createApp(CallPage, { session: boot.session, line }).mount('#app');
}

void start();
