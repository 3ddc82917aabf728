import '../ui/base.css';
import './crew.css';
import { createApp } from 'vue';
import { startWords } from '../ui/words.ts';
import Crew from './Crew.vue';
import { startWorker } from './edition.ts';
import { listenForInstall } from './install.ts';

async function start(): Promise<void> {
  listenForInstall();
  await startWords();
  createApp(Crew).mount('#app');
  await startWorker();
}
void start();
