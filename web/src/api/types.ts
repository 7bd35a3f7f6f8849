/* Shapes of the HTTP API, as /api/openapi.json describes them. */

export type Kind = 'reviewed' | 'quoted' | 'clarify' | 'refused' | 'notice';
export type EntryKind = 'law' | 'policy' | 'guide' | 'answer' | 'notice';
export type Status = 'current' | 'superseded' | 'expired' | 'not_yet';

export interface Site {
  name: string;
  platform: string;
  hotline: string;
  hotline_hours: string;
  region: string;
  region_name: string;
  notice: string;
  entries: number;
  updated_on?: string;
  today?: string;
  version?: string;
  counts?: Partial<Record<EntryKind, number>>;
  model_name?: string;
  model_filing?: string;
  algorithm_filing?: string;
  operator?: string;
  complaint_url?: string;
  complaint_phone?: string;
  complaint_days?: number;
  privacy_contact?: string;
  record_days?: number;
  icp?: string;
}

export interface Region {
  code: string;
  name: string;
  parent: string;
  level: string;
}

export interface Suggestion {
  question: string;
  entry?: number;
  topic?: string;
}

/* Start and length in UTF-16 code units of the text they belong to. */
export type Mark = [start: number, length: number];

export interface Source {
  n: number;
  entry: number;
  clause: number | null;
  kind?: EntryKind;
  title: string;
  number?: string;
  label?: string;
  date?: string;
  issuer?: string;
  region?: string;
  status?: Status;
  basis?: string;
  /* of a paged original; of a scanned one also how sure the recognition was, in percent */
  page?: number | null;
  ocr_confidence?: number | null;
  text: string;
  marks?: Mark[];
}

export interface SearchHit extends Source {
  score: number;
  kind: EntryKind;
}

export interface Material {
  name: string;
  copies?: string;
  requirement?: string;
  source?: string;
}

export interface Guide {
  entry: number;
  title: string;
  code?: string;
  department?: string;
  conditions?: string;
  materials?: Material[];
  steps?: string[];
  places?: string[];
  time_limit?: string;
  fee?: string;
  online?: string;
  phone?: string;
  basis?: string[];
  tips?: string;
  windows?: GuideWindow[];
}

export interface GuideWindow {
  hall: number;
  hall_name: string;
  floor: number;
  place: string;
  region_name?: string;
}

export interface Hall {
  id: number;
  code: string;
  name: string;
  region: string;
  region_name: string;
  level: string;
  address: string;
  phone: string;
  hours: string;
  traffic: string;
  access: string;
  note: string;
}

/* Left, top, width, height: thousandths of the floor's plan. */
export interface Place {
  id: number;
  name: string;
  kind: string;
  kind_name: string;
  left: number;
  top: number;
  width: number;
  height: number;
  items: { code: string; title: string; entry: number | null }[];
  note: string;
}

export interface Floor {
  floor: number;
  places: Place[];
}

export interface HallPlan extends Hall {
  floors: Floor[];
}

/* The id is that of its entry. */
export interface Notice {
  id: number;
  title: string;
  level: string;
  level_name: string;
  region: string;
  region_name: string;
  issued_at: number;
  expires_at: number;
  issuer: string;
  phone: string;
  text: string;
  clause?: number | null;
}

export interface Department {
  name: string;
  phone?: string;
  address?: string;
  hours?: string;
}

export interface Contact {
  hotline: string;
  hours?: string;
  department: Department | null;
}

export interface Option {
  label: string;
  region?: string;
  question?: string;
}

export interface Answer {
  kind: Kind;
  answer: string;
  sources: Source[];
  dialogue: string;
  turn: number;
  confidence: number;
  question_as_understood?: string;
  matched_question?: string;
  valid_on?: string;
  options?: Option[];
  guide: Guide | null;
  contact: Contact | null;
  label: string;
}

export interface StatusEvent {
  turn: number;
  dialogue: string;
  step: string;
  text: string;
}

export interface TocItem {
  clause: number;
  label: string;
  heading?: string;
}

export interface Version {
  entry: number;
  title: string;
  effective_on?: string;
  status: Status;
}

export interface Entry {
  id: number;
  kind: EntryKind;
  title: string;
  number?: string;
  code?: string;
  issuer?: string;
  region?: string;
  region_name?: string;
  department?: string;
  issued_on?: string;
  effective_on?: string;
  expires_on?: string;
  basis?: string;
  status: Status;
  superseded_by: { entry: number; title: string } | null;
  versions: Version[];
  clause_count: number;
  toc: TocItem[];
  guide: Guide | null;
}

export interface Clause {
  id: number;
  label: string;
  path: string;
  text: string;
}

export interface ClausePage {
  clauses: Clause[];
  next: number | null;
}
