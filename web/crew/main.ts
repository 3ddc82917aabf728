import '../ui/base.css';
import './crew.css';
import { createApp } from 'vue';
import { startWords } from '../ui/words.ts';
import Crew from './Crew.vue';

async function start(): Promise<void> {
  await startWords();
  createApp(Crew).mount('#app');
}
void start();
