/** Posters of informants: the page prints by itself with the browser's own command; this adds the button. */
import '../ui/tokens.css';
import './posters.css';
import { onDo, showScripted } from './page.ts';

showScripted();
onDo('print', () => {
  window.print();
});
