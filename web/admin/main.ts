/** Where a city's technician sets everything up, and changes it later. */
import '../ui/base.css';
import './admin.css';
import { createApp } from 'vue';
import * as z from 'zod/mini';
import { boot } from '../ui/boot.ts';
import { allowKnownStrings } from '../ui/trusted.ts';
import { startWords } from '../ui/start-words.ts';
import App from './App.vue';

async function start(): Promise<void> {
  // the page's policy allows no code from strings; else zod would try
  z.config({ jitless: true });
  allowKnownStrings();
  await startWords();
  // without a session the server answers with the sign-in page instead
  if (boot.session) createApp(App, { session: boot.session }).mount('#app');
}
void start();
