import '../ui/base.css';
import './duty.css';
import { createApp } from 'vue';
import { startWords } from '../ui/start-words.ts';
import Duty from './Duty.vue';

async function start(): Promise<void> {
  await startWords();
  createApp(Duty).mount('#app');
}
void start();
