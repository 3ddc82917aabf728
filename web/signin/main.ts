/** The page in place of any page of the staff while nobody is signed in, or a second factor is still to be set up. */
import { createApp } from 'vue';
import '../ui/base.css';
import { boot } from '../ui/boot.ts';
import { wipeDevice } from '../live/device.ts';
import { forgetIdle } from '../live/idle.ts';
import { forgetPictures } from '../live/kept.ts';
import { startWords } from '../ui/start-words.ts';
import Enrol from './Enrol.vue';
import SignIn from './SignIn.vue';

// whoever was here before is gone, by whatever way: what this device kept for them goes, too
if (boot.revoked) void wipeDevice();
else if (boot.session === null) {
  void forgetPictures();
  forgetIdle();
}
const page = boot.session?.mustEnrol === true ? Enrol : SignIn;
void startWords().then(() => createApp(page).mount('#app'));
