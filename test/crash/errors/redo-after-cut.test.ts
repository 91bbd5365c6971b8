import { sweepErrorsIn } from './sweep.ts'

sweepErrorsIn('the redo of its undo that was cut short')
