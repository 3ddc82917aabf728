/** The guides need no script; this brings their looks. */
import './guide.css';
