import '../ui/base.css';
import './crew.css';
import { createApp } from 'vue';
import { startWordsFrom } from '../ui/words.ts';
import Crew from './Crew.vue';
import { startWorker } from './edition.ts';
import { listenForInstall } from './install.ts';
import { crewWords } from './words.ts';

async function start(): Promise<void> {
  listenForInstall();
  await startWordsFrom(crewWords);
  createApp(Crew).mount('#app');
  await startWorker();
}
void start();
