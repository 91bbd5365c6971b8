import { sweepErrorsIn } from './sweep.ts'

sweepErrorsIn('its recovery')
