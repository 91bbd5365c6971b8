import { helix } from './helix/helix.ts'
import { ALL, describeEditor, describeNext } from './matrix.ts'

describeEditor(helix('Helix', 'hx'))
if (ALL) describeNext(helix('Helix, next', 'hx-next'))
