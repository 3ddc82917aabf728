/** The dispatchers' and duty officers' console. */
import { createApp } from 'vue';
import '../ui/base.css';
import { boot } from '../ui/boot.ts';
import { allowKnownStrings } from '../ui/trusted.ts';
import { startWords } from '../ui/start-words.ts';
import App from './App.vue';

async function start(): Promise<void> {
  allowKnownStrings();
  await startWords();
  // without a session the server answers with the sign-in page instead
  if (boot.session) createApp(App, { session: boot.session }).mount('#app');
}

void start();
