import '../ui/base.css';
import './tally.css';
import { createApp } from 'vue';
import { startWords } from '../ui/start-words.ts';
import Tally from './Tally.vue';

async function start(): Promise<void> {
  await startWords();
  createApp(Tally).mount('#app');
}
void start();
