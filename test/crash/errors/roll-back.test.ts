import { sweepErrorsIn } from './sweep.ts'

sweepErrorsIn('its being rolled back')
