/** Emergency plans: what is on and why, the rules and steps, what they would have done, and what they hear. */
import '../ui/base.css';
import './plans.css';
import { createApp } from 'vue';
import * as z from 'zod/mini';
import { boot } from '../ui/boot.ts';
import { startWords } from '../ui/start-words.ts';
import Plans from './Plans.vue';

async function start(): Promise<void> {
  // the page's policy allows no code from strings; else zod would try
  z.config({ jitless: true });
  await startWords();
  // without a session the server answers with the sign-in page instead
  if (boot.session) createApp(Plans, { session: boot.session }).mount('#app');
}
void start();
