## Words of many pages

edit = Edit
cancel = Cancel
back = Back
next = Next
export = Export
show = Show
remove = Remove
undo = Undo
search = Search
name = Name

# A number by itself
number = { $number }

# $kind: contact, account or opportunity.
subject =
    { $kind ->
        [account] account
        [opportunity] opportunity
       *[contact] contact
    }
subjects =
    { $kind ->
        [account] accounts
        [opportunity] opportunities
       *[contact] contacts
    }
subject-capital =
    { $kind ->
        [account] Account
        [opportunity] Opportunity
       *[contact] Contact
    }
subjects-capital =
    { $kind ->
        [account] Accounts
        [opportunity] Opportunities
       *[contact] Contacts
    }
a-subject =
    { $kind ->
        [account] an account
        [opportunity] an opportunity
       *[contact] a contact
    }

## What all pages have

frame-skip = Skip to the content
frame-menu = Menu
frame-pages = Pages
frame-log-out = Log out

place-home = Home
place-contacts = Contacts
place-accounts = Accounts
place-opportunities = Opportunities
place-rules = Rules
place-bands = Bands
place-imports = Imports
place-sources = Sources
place-settings = Settings

## A page that says what is wrong

trouble-not-found = There is nothing here
trouble-forbidden = That is not for you
trouble-later = Not at this moment
trouble-internal = Something went wrong here
trouble-other = That did not work
trouble-first-page = To the first page

## Charts

# $label: a band or a week; $count: how many
chart-columns-total = { $count } in all.
chart-as-table = As a table
chart-count = Count
# The line of a score over time: from which points on which day to which
chart-steps = From { $begun } on { $first } to { $ended } on { $last }, between { $low } and { $high }.

## Home

# $at: how long ago
home-contacts = { $contacts } contacts, as of { $at }
home-unscored = Nothing is scored yet
home-unscored-hint = A model says what gives how many points, and from how many on somebody is in which band.
home-begin-rules = Begin with the rules
home-empty = No contacts yet
home-empty-hint = They come with a file, or with what other systems say. Scores appear as soon as the first are here.
home-import = Import a file
home-say = How to say facts
home-by-band = by band today, and 30 days ago
# The title of a chart. $score: the name of a score
home-by-band-of = { $score }: contacts by band today
home-unchanged = as many as before
# $change: with its sign, as +5; $before: how many there were
home-changed = <strong>{ $change }</strong> from { $before }
# After a number, for those who do not see: what a link leads to
home-group-show = { $group }: show them
home-no-bands = No score of contacts has bands by points, so there is nothing to show by band. All of them stand on <a href="/contacts">the list of contacts</a>.
home-activity = Activity
home-activity-span = by week, of the last half year
home-weeks = Activities by week
home-week = Week from
home-freshness = Freshness
home-last-activity = Last activity
home-none-yet = none yet
home-scores = Scores
home-scores-fresh = Everything that was told is scored.
home-scores-to-follow = { $count } accounts or opportunities are being worked out anew.
home-in-force = <a href="/rules/versions">Version { $version }</a> is in force.
home-in-force-publishing = <a href="/rules/versions">Version { $version }</a> is in force, <a href="/rules/publishing">another is being prepared</a>.
home-imports-none = None is running.
home-imports = { $count } running or waiting
home-waiting = Everybody is being looked at
home-waiting-hint = How they stand, how they moved and who is about to fall appears here once that is done. Meanwhile all are on <a href="/contacts">the list of contacts</a>.
home-looked-at-label = Contacts looked at
# $looked: a number; $all: a number
home-looked-at = { $looked } of { $all } contacts

## Who is at risk, and who moved

moves-at-risk = At risk
moves-at-risk-hint = In a lower band within 30 days, if nothing happens.
moves-risen = Risen
moves-risen-hint = More points than 30 days ago, by all that is known now.
moves-fallen = Fallen
moves-fallen-hint = Fewer points than 30 days ago, by all that is known now.
moves-none = Nobody
moves-none-hint = As of today there is no such contact.
moves-first = The first { $shown } of { $count }, in the order of the table.
moves-today = Today
moves-before = 30 days ago
moves-ahead = In 30 days
moves-band = Band
moves-no-page = there is no such page

## First steps

first-begin = How would you like to begin?
first-sample = With a sample association
first-sample-hint = Fourteen years of an open-source project: 1,500 members, 20,000 contributions, and rules that say who is engaged. It
    takes a few seconds, and its activities can be taken back.
first-sample-load = Load the sample
first-sample-refused = there is something already, and the sample would mingle with it; `fervor demo` shows it by itself
first-own = With your own members
first-own-hint = A list of members, and then what they attended or bought, as your systems export it. You see what becomes of it before
    anything is stored.
first-steps = First steps
first-hide = Hide these
first-done = Done:
first-to-do = To do:
first-members = Bring your members
first-members-hint = from a file, or over the API
first-rules = Say what counts
first-rules-hint = rules give points for what members do
first-source = Connect a system
first-source-hint = a key for your website, shop or CRM; then <a href="/sources">watch it arrive</a>
first-people = Invite a colleague
first-people-hint = as a viewer, an editor or an admin

## A list of contacts, accounts or opportunities

list-export = Export as CSV
list-bare = No { subjects } yet
list-unscored = Nothing is scored yet: there is no model in force. A model says what gives how many points.
list-choose-model = Choose a model
list-bare-hint = They come with a file, or with what other systems say over the API. Scores appear as soon as the first are here.
list-how-to-say = How to say facts over the API
list-search-hint = Id, name, or anything known of { a-subject }
list-filters = Filters
list-range = Points or percentile
list-range-of = Of
list-range-from = From
list-range-to = Up to
list-condition = Condition
# $example: a condition
list-condition-hint = As in a model, for example <code>{ $example }</code>. Scores, bands, percentiles
    and categories have names too: <code>score.…</code>, <code>band.…</code>, <code>percentile.…</code>,
    <code>category.…</code>.
list-show-these = Show these
list-columns = Columns
list-show-columns = Show these columns
list-views = Views
list-views-none = Keep what you look at often under a name. Only you see your views.
list-view-forget = Forget
list-view-forget-label = Forget the view { $name }
list-view-name = Keep this list as
list-view-keep = Keep
list-filtered-by = What is filtered by
# Before what is filtered by: a link that shows the list without it
list-without = Without
list-show-all = Show all
list-nobody-yet = Nobody yet
list-nobody-yet-hint = None of the first { $count } is one of these. There are more to look at.
list-none-like-that = No { subject } is like that
list-none-like-that-hint = Leave one of the filters out, or look for something shorter.
list-show-all-of = Show all { subjects }
list-choose = Choose
list-choose-page = Choose everything on this page
list-choose-one = Choose { $name }
list-with-chosen = With those chosen
# As $count changes while one chooses, it stands here as the sign #
list-chosen-count = { $count } chosen
list-chosen-all = All that the list finds
list-all-found = All that the list finds, up to { $most }
list-set = Set attribute …
list-remove = Remove attribute …
list-merge = Merge …
list-erase = Erase …
list-pages = Pages of the list
list-further = Look further
# The name of an account, by which a list is filtered
list-of-account = Account: { $account }
list-count-none = No { subjects }
list-count-none-further = No further { subjects }
list-count =
    { $count ->
        [one] { $count } { subject }
       *[other] { $count } { subjects }
    }
list-count-further =
    { $count ->
        [one] { $count } further { subject }
       *[other] { $count } further { subjects }
    }
# $counted: how many are shown
list-count-more = { $counted }, and more follow
list-looked-at = { $counted }, of { $looked } looked at so far
list-odd-sort = a list is sorted by `id` or by a score, and not by `{ $sort }`
list-odd-number = `{ $text }` is not a number such as 40 or 2.5
list-odd-range = choose what has to lie between the two numbers
list-view-name-length = a name for the view has 1 to { $most } characters
list-view-too-long = this is more than can be kept; leave some of the filters out
list-views-many = you keep { $most } views already; forget one first

## Columns of lists

column-account = Account
column-probability = Probability
column-probability-of = Probability, { $score }
column-value = Estimated value
column-value-of = Estimated value, { $score }
column-percentile = { $score }, percentile

## What opportunities are worth together

pipeline-title = Pipeline
pipeline-count = { $count } with an amount
# $at: how long ago
pipeline-count-at = { $count } with an amount, as of { $at }
pipeline-total-hint = estimated value: each amount times its probability
pipeline-best = The most valuable
pipeline-by-band = Estimated value by band
pipeline-adding = All opportunities are being added up. Look again in a moment.

## What is done with several who were chosen

chosen-looking = Looking for everybody
chosen-looking-title = Looking for everybody whom the list finds
# $whom: how many of what, as 5 contacts
chosen-erase-title = Erase { $whom }
chosen-remove-title = Remove an attribute of { $whom }
chosen-set-title = Set an attribute of { $whom }
chosen-erased-title = { $whom } erased
# $label: the name of an attribute
chosen-done-title = { $label } of { $whom }
# $names: the first of them
chosen-names = { $names }.
chosen-names-more = { $names } and { $count } more.
chosen-cut = The list finds more than { $most }. These are the first { $most } in the order of the
    list; the others stay as they are. Filter more narrowly, or come back for the rest.
chosen-one-by-one = One after the other is looked at
chosen-asked-first = Nothing is changed yet. It is asked first.
chosen-nobody = Nobody is left
chosen-nobody-hint = The list finds nobody now.
chosen-back = Back to the list
chosen-who = Who it is
chosen-erase-hint = Everything about them goes, for good: who they were, what they did, what came of it. Whatever is told about them from
    then on is refused. The sums of their accounts are worked out anew. Backups that were made before still have them.
    <strong>It cannot be undone.</strong>
# What has to be written before some are erased
chosen-sure = erase { $count }
chosen-write-sure = Write <code>{ $sure }</code> to be sure
chosen-erase = Erase { $whom } for good
chosen-keep = Keep them
chosen-plan = What will happen
# $label: the name of an attribute; $from: a day; $whom: how many of what
chosen-plan-set = <strong>{ $label }</strong> becomes <strong>{ $value }</strong> from { $from } on, for { $whom }. Their scores follow at once.
chosen-plan-remove = <strong>{ $label }</strong> is not known any more from { $from } on, for { $whom }. Their scores follow at once.
chosen-known-now = What is known on that day now
chosen-known-now-part = What is known on that day now, of the first { $count }
chosen-else = Something else
chosen-week = For a week it can be set back to what each had before.
chosen-week-past = For a week it can be set back to what each had before. Whoever was known only from a later day on
    is known from this one on, and that is not set back.
chosen-set = Set it for { $whom }
chosen-remove = Remove it for { $whom }
chosen-change = Change
chosen-leave = Leave all as it is
chosen-attribute = Attribute
chosen-becomes = Becomes
chosen-from = From
chosen-from-hint = It holds from that day on; what was before stays as it was. Nothing happens yet: the next page says what would.
chosen-look = Look at what would happen
chosen-setting-back = Setting back, some at a time
chosen-erasing = Erasing, some at a time
chosen-removing = Removing, some at a time
chosen-setting = Setting, some at a time
chosen-goes-on = { $percent } %. It goes on even if you leave this page.
chosen-failed = It broke off.
chosen-failed-why = It broke off: { $reason }.
chosen-failed-done = By then it was done for { $whom }.
chosen-failed-nothing = Nothing was done.
chosen-erased = { $whom } erased: who they were, what they did, and what came of it.
chosen-set-back = Set back for { $whom }.
chosen-set-back-left = Of { $whom } something else was said since, and that stays.
chosen-is-set = { $label } is { $value } from { $from } on, for { $whom }.
chosen-is-removed = { $label } is not known any more from { $from } on, for { $whom }.
chosen-same = Of { $whom } it was so already.
chosen-gone = { $whom } could not be found any more.
chosen-refused = { $whom } refused.
chosen-refused-why = { $whom } refused: { $reason }.
chosen-undo = Undo: set back what each had before
chosen-not-known = Not known
chosen-contacts-alone = only contacts are erased
chosen-too-many = this is more than can be chosen at once; leave some of the filters out
chosen-none = choose at least one { subject } first, by the box before its name
chosen-most = at most { $most } can be chosen at once
chosen-busy = several such changes are under way; wait until one of them is done
chosen-two = choose exactly two contacts to merge them
chosen-forgotten = what was chosen here is not kept any more; choose again in the list
chosen-no-attribute = say which attribute
chosen-no-value = say what it is to be; to make it unknown, go back and choose Remove
chosen-no-date = `{ $text }` is not a date such as 2026-03-14
chosen-not-sure = write `{ $sure }` to be sure; nobody was erased

## Two contacts side by side

merge-page = Merge two contacts
merge-title = Are these two the same person?
merge-side-by-side = Both contacts side by side
merge-what = What
merge-which = Which one stays
merge-scores = Scores
merge-hint = What both did counts for the one who stays. Where both know something, what the one who stays knows goes before; what
    only the other knows is added. The other id still works, and whatever is told about it counts here.
merge-undo-hint = It can be undone on the page of the contact: Part from the other one.
merge-them = Merge them
merge-leave = Leave them as they are
merge-no-choice = say which of the two stays

## What is known of one

known-title = What is known
known-none = none
# $day: a day
known-from = from { $day }

## What would lead to another band

# $what: kinds of activities, as in: 2 more event attended of 50 with topic Rust, each with another place, one a week until a day
way-more = <strong>{ $count } more { $what }</strong>
way-value = of { $value }
way-with = with { $name } { $value }
way-and = and { $name } { $value }
way-another =
    { $count ->
        [one] with another { $property }
       *[other] each with another { $property }
    }
way-once = one a { rule-per }
way-times = { $times } a { rule-per }
way-until = until { $day }
way-on = on { $day }

## One contact or account

# $ids: other ids of the same contact
one-also = also { $ids }
one-its-contacts = Its contacts
one-card = Score card
one-more = More
one-merge-other = Id of another contact who is the same person
one-merge = Merge
one-merge-hint = What is known of both counts here; the other id still works. It can be undone.
# $id: of a contact that was merged with this one
one-part = Part from { $id }
one-export-all = Export all that is held
one-erase = Erase …
one-merged = They are one contact now. What both did and what is known of both counts here.
one-parted = This is a contact of its own again, with all that was said of it.
one-no-scores-in-force = There are no scores: no model with scores of { subjects } is in force.
one-no-scores-today = There are no scores: it does not exist today.
one-percentile = Percentile { $percentile }
# $at: how long ago
one-fresh = as of { $at }
# $name: of an account
one-all-contacts-of = All contacts of { $name }
one-no-contacts = No contact belongs to it today.
# $name: of an account
one-contacts-of = Contacts of { $name }
one-activities = Activities
one-no-activities = Nothing is known that they did.
one-activities-table = Table of activities
one-when = When
one-value = Value
one-source = Source
one-further = Further
# After an activity that was taken back
one-never-happened = (never happened)
one-earlier = Earlier
# $text: what was given in place of a day
one-no-date = `{ $text }` is not a date such as 2026-03-14
# $id: of a score
one-no-such-score = the model has no score `{ $id }` of { subjects }

## Why a score is what it is

# $result: points, or the label of a matrix
why-title = Why { $result }?
why-title-no-label = Why no label?
why-title-unknown = Why?
# Before a field for a day
why-as-of = As of
why-no-such-score = It has no such score on this day.
why-no-band = no band
# For those who do not see. $rule: the name of a rule
why-activities-of = Activities that count for { $rule }
why-day = Day
# Above types of activities
why-activity = What
# Above points: when the activity was new, and now
why-new = When new
why-now = Now
why-faded = faded
why-not-taken = not taken
# For those who do not see. $rule: the name of a rule
why-people-of = People who count for { $rule }
# $count: of activities or people
why-more =
    { $count ->
        [one] and { $count } more that counts
       *[other] and { $count } more that count
    }
# The points of a rule before what follows in a list: each loss
why-before = { $points } before
why-loss-faded = { $points } faded
why-loss-not-taken = { $points } not taken
why-loss-capped = { $points } over the cap
# $rules: names of rules
why-nothing-from = Nothing from: { $rules }
# The title of a chart. $score: the name of a score
why-chart = How { $score } comes about
why-rounding = Rounding
# What bounds of a score or a category took or gave
why-at-most = At most { $max }
why-at-least = At least { $min }
# $sum: what it would be without the bounds
why-at-most-of = At most { $max }, of { $sum }
why-at-least-of = At least { $min }, of { $sum }
# $exclusion: the name of a rule that excludes activities; $day: a day
why-excluded =
    { $count ->
        [one] { $count } activity excluded by “{ $exclusion }”, the last on { $day }
       *[other] { $count } activities excluded by “{ $exclusion }”, the last on { $day }
    }
# $exclusion: the name of a rule that excludes activities; $unknown: what is not known
why-unknown-exclusion = Unknown whether “{ $exclusion }” excludes something: { $unknown }
# $day: a day
why-repeated =
    { $count ->
        [one] { $count } activity repeated, and so not counted, the last on { $day }
       *[other] { $count } activities repeated, and so not counted, the last on { $day }
    }

## How a score came to be what it is

past-title = Over time
# The title of a chart. $score: the name of a score
past-of = { $score } over time
past-by-todays-rules = What today's rules say of the last two years; what was stored then is below.
past-no-changes = It has not changed yet.
past-changes = What changed it
past-changes-table = What changed the score
past-why = Why
# Points before and after
past-from = From
past-to = To
past-band = Band
# $cause: a word of the API
past-cause =
    { $cause ->
        [activity] Something happened
        [attribute] Something became known
        [account] What it hangs on changed
        [merge] Contacts were merged or parted
        [midnight] Time passed
        [model] The rules changed
        [percentile] Others moved
       *[other] Something changed
    }

## What will become of a score

ahead-title = What comes next
ahead-long = So much is known that it takes a moment to say.
ahead-work-out = Work it out
ahead-stays = If nothing happens, it stays in this band for three years.
# Before a list of what follows, or only one of it
ahead-if-nothing = If nothing happens, it
# $band: the next one; $day: a day; $way: activities, as “3 more visit”
ahead-drops-unless = drops to { $band } on <strong>{ $day }</strong>, with { $points } points; { $way } would prevent it.
ahead-drops = drops to { $band } on <strong>{ $day }</strong>, with { $points } points.
ahead-rises = rises to { $band } on <strong>{ $day }</strong>, with { $points } points.
# Before a field for a day
ahead-on = Band on
# $day: a day, for those who do not see
ahead-on-day = { $band } <span class="unseen">on { $day }</span> unless something happens
# Above what leads to the next band
ahead-way = The way to { $band }
# $from: points
ahead-begins = It begins at { $from }.
# $from: points; $more: points that are missing
ahead-begins-more = It begins at { $from }: { $more } more.
# $way: activities, as “3 more visit”
ahead-most = Activities of one kind do not lead there. The most that they can do: { $way }
ahead-no-way = Activities of one kind do not lead there.
# $what: names of attributes
ahead-gap = Unknown: { $what }, worth up to { $points } points.

## Score card

card-title = Score card of { $name }
card-hint = One page of paper: print it, or keep it as a PDF.
card-print = Print
card-kind = { subject } score card
card-percentile = Percentile { $percentile } of all who are ranked
# $reasons: names of rules, each with its points
card-most = Most of it: { $reasons }
# $band: the next one; $day: a day; $way: activities, as “3 more visit”
card-drops-unless = If nothing happens, it drops to <strong>{ $band }</strong> on { $day }; { $way } would prevent it.
card-drops = If nothing happens, it drops to <strong>{ $band }</strong> on { $day }.
card-rises = If nothing happens, it rises to <strong>{ $band }</strong> on { $day }.
card-stays = If nothing happens, it stays in this band.
# $band: the next higher one; $way: activities, as “3 more visit”
card-way = <strong>{ $band }</strong> is reached by { $way }.
card-no-scores = There are no scores of it today.
# $version: a number. After the name of the model
card-version = version { $version } of the rules
card-traced = every point can be traced to what happened

## One opportunity

deal-kept = The factors are kept. They count from today.
deal-factors = Factors
deal-keep = Keep
deal-try = Try
deal-factors-hint = Factors that come from the contact, the account or their scores are changed there.
deal-not-known = not known
deal-others = What else is known
deal-tried = This is tried, and not kept yet.
# $score: the name of a score
deal-total = { $score }, factor total
deal-probability = Probability
deal-value = Estimated value
deal-no-value = without an amount there is none
deal-writer-gone = a writer has gone; the log says why

## What can be chosen for a factor

factor-yes = Yes
factor-no = No
factor-unknown = Not known

## Why something that was sent was not taken

# $code: a word of the API
reason-said =
    { $code ->
        [malformed] not written as it should be
        [missing] something needed is missing
        [too_long] too long
        [invalid_time] a time that cannot be read
        [in_the_future] said to have happened in the future
        [too_old] said to have happened before 1900
        [unsupported] a kind of message that means nothing here
        [erased] about a contact who was erased
        [unknown] about something that is not known
        [out_of_range] a score would become too large
        [contradiction] contradicts another row
       *[other] { $code }
    }
# What can be done about it. $code: a word of the API
reason-help =
    { $code ->
        [malformed] Compare what is sent with the examples on this page, or with the reference.
        [missing] An activity needs a contact, a type and, in files, a time; everything else needs an id.
        [too_long] Send less of it: texts have 1,024 bytes, and long ones are seldom what a rule asks for.
        [invalid_time] Write times as 2026-03-14T10:00:00Z; in files, say how dates are written.
        [in_the_future] Look at the clock, or the time zone, of the system that sends it.
        [too_old] A date of zero is often an empty date: leave it out where it is not known.
        [unsupported] The others of the same batch were taken; nothing has to be done.
        [erased] Nothing is taken about them any more, as they asked. Tell the system that still has them.
        [unknown] Only what was told before can be corrected: is the id spelled as it was?
        [out_of_range] Look at the value: a number that large is mostly a slip.
       *[other] The message says more.
    }
## The head of the pages of the draft

# $number: of a version; $at: a moment
bench-version = Version { $number } is in force since { $at }.
bench-no-version = No version is in force yet.
bench-draft-same = The draft is the same.
bench-draft-changed =
    { $count ->
        [one] The draft has <strong>{ $count } change</strong>.
       *[other] The draft has <strong>{ $count } changes</strong>.
    }
# $name: of a person; $at: how long ago
bench-draft-changed-by =
    { $count ->
        [one] The draft has <strong>{ $count } change</strong>, the last by { $name } { $at }.
       *[other] The draft has <strong>{ $count } changes</strong>, the last by { $name } { $at }.
    }
bench-redo = Redo
bench-preview-and-publish = Preview and publish
bench-preview = Preview
bench-publishing = Version { $number } is being published.
bench-model = The model
bench-tab-changes = Changes
bench-tab-text = Text
bench-tab-versions = Versions
bench-mistakes =
    { $count ->
        [one] The draft cannot be used as it is: it has { $count } mistake. <a href="/rules/text">Mend them in its text</a>, or undo the last step.
       *[other] The draft cannot be used as it is: it has { $count } mistakes. <a href="/rules/text">Mend them in its text</a>, or undo the last step.
    }

## What was done to the draft, after "Undo:" and "Redo:"

# $about: a title
bench-did-edit = changed { $about }
bench-did-add = added { $about }
bench-did-copy = duplicated { $about }
bench-did-move = moved { $about }
bench-did-remove = removed { $about }
bench-did-off = put { $about } aside
bench-did-on = brought { $about } back
bench-did-bands = changed the bands of { $about }
bench-did-discard = discarded all changes
bench-did-text = changed the text
bench-did-model = changed the model

## What is wrong with the draft, or with what is done to it

bench-no-model = there is no model yet
bench-has-mistakes = the draft has mistakes; mend them in its text first
bench-overtaken = Somebody else has changed this while you had it open. Yours stands below: save again to put it in place of theirs, or open the page anew to see what it is now.
bench-just-changed = somebody else has just changed this; open it again
bench-no-such-act = the page sends no such thing

## All rules

rules-title = Rules
rules-none = There is no model yet
rules-none-hint = A model says what gives points, how points become scores, and what the scores are called.
rules-none-write = Write or paste one
rules-none-ask = Ask an editor or an admin to make one.
# What became of a rule, a category or a score since the version in force
rules-new = new
rules-changed = changed
rules-menu = What can be done with { $title }
rules-up = Move up
rules-down = Move down
rules-copy = Duplicate
rules-put-aside = Put aside
# After the name of a score
rules-of = of { subjects }
rules-bands-count =
    { $count ->
        [one] { $count } band
       *[other] { $count } bands
    }
rules-menu-score = What can be done with the score { $title }
rules-bands = Bands
rules-edit-score = Edit<span class="unseen"> the score { $title }</span>
# What the sum of a category is held within
rules-bounds = { $min } to { $max }
rules-edit-category = Edit<span class="unseen"> the category { $id }</span>
rules-no-category = In no category
rules-add-here = Add a rule<span class="unseen"> here</span>
rules-add = Add a rule
rules-add-category = Add a category
rules-no-points = Nothing gives points here yet.
rules-add-score = Add a score
rules-aside = Put aside
rules-aside-hint = Kept in the text as comments; they give no points.
rules-bring-back = Bring back<span class="unseen"> { $id }</span>
rules-remove = Remove<span class="unseen"> { $id }</span>
rules-exclusions = What never counts
rules-exclusions-hint = It gives no points anywhere; the first of these that covers an activity leaves it out.
rules-exclusions-none = Everything counts. You can leave out your own staff, tests, or machines that click on links.
rules-exclude = Leave something out
rules-edit-model = Edit<span class="unseen"> the model itself</span>
# The model has no name
rules-unnamed = none
rules-zone = Time zone
rules-passive = No sign of life
rules-passive-none = nothing: every activity is one
rules-discard = Discard all changes
rules-discard-hint = The draft becomes what is in force; this can be undone.
# Beside what is valid and probably not meant
rules-finding-proposal = <strong>What to do:</strong> { $proposal }

## No bands

rules-bands-none = No score has bands of its own
rules-bands-none-hint = Bands are names for how high a score is, such as Low and High.
rules-bands-look = Look at the rules

## What should give points?

rule-kinds = What should give points?
rule-kind-activity = Something done
rule-kind-activity-hint = Each event attended adds 20.
rule-kind-when = Something known
rule-kind-when-hint = If the member is on the board, add 10.
rule-kind-cases = One of several cases
rule-kind-cases-hint = Chief adds 20, head of something adds 10.
rule-kind-since = Time since a date
rule-kind-since-hint = For every year of membership, add 2.
rule-kind-silence = Silence
rule-kind-silence-hint = After 30 days without any activity, take away 10.
rule-kind-rollup = The people of an account
rule-kind-rollup-hint = Add the five highest scores of its people.

## One rule

rule-fresh = New rule
rule-overtaken-by = { $name } has changed this rule while you had it open.
rule-overtaken = Somebody else has changed this rule while you had it open.
rule-overtaken-kept = Nothing of yours is saved, and nothing of it is lost: it stands below.
# $sentence: what the rule says
rule-overtaken-now = Now it says: <q class="sentence">{ $sentence }</q>
rule-overtaken-save = Save again to put yours in its place, or <a href="/rules/rule/{ $id }">open it as it is now</a>.
rule-not-saved = This is not saved yet:
rule-said-here = What the rule says will stand here.
rule-title = Title
rule-home = Counts towards
rule-activities = Which activities
rule-types = Types of activity
rule-types-hint = Several with commas between them; * is every type.
rule-only-those = Only those for which
rule-window = Only in the last
# Three fields that are read as one: only the first 2, of each day, separately for each page
rule-limit = Only so many
rule-limit-times = Only the first
rule-limit-per = of each
rule-limit-by = separately for each
rule-per =
    { $per ->
        [week] week
        [month] month
        [quarter] quarter
        [year] year
        [ever] all time
       *[day] day
    }
rule-points-how = How many points
rule-reward-each = For each
rule-reward-tiers = For all together, in tiers
rule-points = Points
rule-multiply = Times a number of it
rule-each-at-most = At most for each
rule-take = Which of them count
rule-take-sum = All, added up
rule-take-max = Only the largest
rule-take-latest = Only the latest
rule-fade = Fading
rule-fade-none = They do not fade
rule-fade-half-life = By half
rule-fade-out = To nothing, evenly
rule-fade-steps = In steps
rule-fade-percent = Per cent lost
rule-fade-span = Every, or over
rule-fade-compound = of what is left
rule-tier-by = Thresholds are of
rule-tier-by-count = How many there are
rule-tier-by-value = Their values together
rule-tier-from = From
rule-if = If
rule-condition = What must be true
rule-cases = The first that is true counts
rule-since = Since
rule-every = For every
rule-silence-after = After
rule-silence-points = Points, usually negative
rule-silence-types = Without (empty: anything that counts as a sign of life)
rule-silence-repeat = Again with each further span; this needs “in all”
rule-people = The people of the account
rule-pool = Take
rule-pool-sum = The sum
rule-pool-mean = The mean
rule-pool-median = The median
rule-pool-max = The highest
rule-pool-top = The sum of the highest
rule-pool-per-capita = The sum, divided by
rule-pool-many = How many
rule-pool-divisor = Divided by
rule-pool-score = of their score
rule-pool-times = Times
rule-attribution = Points count for
rule-attribution-current = the account that people have now
rule-attribution-at-time = the account where they were earned
rule-only-people = Only people for whom
rule-in-all = In all
rule-cap = At most
rule-cap-hint = The sum is held within it on both sides of zero.
rule-add-to-draft = Add to the draft
rule-save-to-draft = Save to the draft
rule-not-published = Nothing counts until it is published.

## What is wrong with a rule

# $id: of a rule
rule-gone = there is no rule `{ $id }` in the draft any more
rule-just-changed = somebody else has just changed this rule; open it again
rule-no-home = Say where the points go.
rule-no-condition = Say what must be true.
rule-no-date = Name an attribute with a date, for example contact.member_since.
# $written: what somebody wrote; $error: what is wrong with it
rule-wrong-number = “{ $written }” cannot be used: { $error }.
rule-no-tiers = Say from how many on there are how many points.

## Fields of rules, exclusions and scores

# $label: of a field for a number, beside which its unit is chosen
rule-unit-of = Unit of: { $label }
rule-units =
    { $unit ->
        [second] seconds
        [minute] minutes
        [hour] hours
        [week] weeks
        [month] months
        [quarter] quarters
        [year] years
       *[day] days
    }

condition-as-list = As a list
condition-as-text = As a text
condition-how-many = How many must be true
condition-all = All of these are true
condition-any = One of these is true
condition-what = What is compared
condition-how = How
condition-with = With what
condition-with-example = a text, 20, 2026-01-31
condition-hint = A line without a name is left out, and each saved rule has room for one more. Several values stand with commas
    between them.
condition-text = The condition
condition-text-hint = SQL, such as <code>contact.city = 'Oslo' AND NOT contact.opted_out</code>. What is more than a list stays a text.

## Category

category-fresh = New category
category-title-of = Category { $title }
category-title = Category
category-min = At least
category-max = At most
category-bounds-hint = The sum of its rules is held within these bounds. Leave one empty for no bound.
category-gone = there is no such category in the draft any more
category-overtaken = Somebody else has changed this category while you had it open. Yours stands below; open it again to see what it is now.
# $written: what somebody wrote; $error: what is wrong with it
category-wrong-bound = “{ $written }” cannot be used: { $error }. Write for example 150 or 2.5.
category-no-title = A category has a title.

## What should never count?

exclusion-fresh = New exclusion
exclusion-question = What should never count?
exclusion-said-here = What it says will stand here.
exclusion-hint = What is left out gives no points anywhere and ends no silence. People stay in the lists; it is their activities
    that do not count.
exclusion-title-example = Own staff
exclusion-which = Which activities, and whose
exclusion-types-hint = Leave this empty for all types. Several with commas between them.
exclusion-examples = To leave out your own staff: <em>contact.email</em>, <em>contains</em>, <em>@association.example</em>. To leave
    out one event: <em>activity.event</em>, <em>is</em>, <em>Test</em>.
# Fields that are read as one: only after a delivery, with the same message, at most 3 seconds before it
exclusion-after = Only right after something else
exclusion-after-hint = For machines that click on every link as soon as a message is delivered. Leave this empty otherwise.
exclusion-after-types = Only after
exclusion-after-types-hint = The same contact has such an activity before it, for example email_delivered.
exclusion-same = with the same
exclusion-within = at most
exclusion-before = before it
exclusion-not-published = It counts from when it is published.
exclusion-gone = there is no such exclusion in the draft any more
exclusion-no-after = Say what comes before: name a type of activity, for example email_delivered.
exclusion-covers-all = Say what never counts: name types of activity, or a condition, or what it comes after. As it is, nothing at all would count.
# $count: what somebody wrote
exclusion-wrong-within = “{ $count }” cannot be used. Write a whole number, for example 3.

## Rules as sentences: what happened

# Each sentence is put together of these in the order in which they stand here; those that do not apply are left out.
# $types: types of activity
said-by-number = By the number of { $types }
said-by-value = By the value of all { $types } together
said-each = Each { $types }
said-any-type = <b>activity of any type</b>
said-type = <b>{ $kind }</b>
# $others: one type, or several with commas between them; $last: the last one
said-types = { $others } or { $last }
# $span: "day", "90 days"
said-window = in the last <b>{ $span }</b>
said-where = where { $condition }
# $from: how many, or a value; $points: a number
said-tier-adds = from <b>{ $from }</b> it adds <b>{ $points }</b>
said-tier-takes = from <b>{ $from }</b> it takes away <b>{ $points }</b>
said-adds = adds <b>{ $points }</b>
said-takes = takes away <b>{ $points }</b>
# $name: of an attribute, as "its value"
said-times = times { $name }
said-each-at-most = , at most <b>{ $points }</b> each
# $span: "day", "90 days"
said-half-life = , fading by half every <b>{ $span }</b>
said-fade-out = , fading to nothing over <b>{ $span }</b>
said-step-down = , losing <b>{ $percent } %</b> every <b>{ $span }</b>
said-step-down-compound = , losing <b>{ $percent } %</b> of what is left every <b>{ $span }</b>
said-limit =
    { $times ->
        [one] At most <b>{ $times }</b> counts each <b>{ rule-per }</b>
       *[other] At most <b>{ $times }</b> count each <b>{ rule-per }</b>
    }
said-limit-ever =
    { $times ->
        [one] At most <b>{ $times }</b> ever counts
       *[other] At most <b>{ $times }</b> ever count
    }
said-limit-by = for each <b>{ $name }</b>
said-only-largest = Only the <b>largest</b> counts.
said-only-latest = Only the <b>latest</b> counts.

## Rules as sentences: what is known, and silence

said-when-add = If { $condition }, add <b>{ $points }</b>
said-when-take = If { $condition }, take away <b>{ $points }</b>
said-cases = The first that is true counts:
said-case-add = if { $condition }, add <b>{ $points }</b>
said-case-take = if { $condition }, take away <b>{ $points }</b>
said-cases-times = , each times { $name }
said-since-add = For every <b>{ $span }</b> since { $name }, add <b>{ $points }</b>.
said-since-take = For every <b>{ $span }</b> since { $name }, take away <b>{ $points }</b>.
# $types: types of activity
said-silence-add = After <b>{ $span }</b> without { $types }, add <b>{ $points }</b>.
said-silence-take = After <b>{ $span }</b> without { $types }, take away <b>{ $points }</b>.
said-silences-add = After every <b>{ $span }</b> without { $types }, add <b>{ $points }</b> again.
said-silences-take = After every <b>{ $span }</b> without { $types }, take away <b>{ $points }</b> again.
said-sign-of-life = any activity that counts as a sign of life

## Rules as sentences: people of an account

# $score: the name of a score
said-pool-sum = Add <b>{ $score }</b> of all people of the account
said-pool-mean = Add the <b>mean</b> <b>{ $score }</b> of the people of the account
said-pool-median = Add the <b>median</b> <b>{ $score }</b> of the people of the account
said-pool-max = Add the <b>highest</b> <b>{ $score }</b> of the people of the account
said-pool-top = Add the <b>{ $count } highest</b> <b>{ $score }</b> of the people of the account
said-divided = , divided by { $name }
said-multiplied = , times <b>{ $points }</b>
said-at-time = Points count for the account where they were <b>earned</b>.
said-cap = At most <b>{ $cap }</b> in all.

## Exclusions as sentences

said-never = No { $types } counts
said-activity = <b>activity</b>
said-within = within <b>{ $span }</b>
said-after = after { $types }
said-after-any = after any <b>activity</b>
said-with-same = with the same <b>{ $name }</b>

## Scores as sentences

# $letters, $digits: the name of a score, and its bands as "A High, B Low"
said-matrix = A grade by two scores: a letter from the band of { $letters } and a digit from that of { $digits }.
said-matrix-score = <b>{ $score }</b>
said-matrix-bands = <b>{ $score }</b> ({ $bands })
said-sum = The sum of its rules
said-held = , held between <b>{ $min }</b> and <b>{ $max }</b>
said-held-from = , at least <b>{ $min }</b>
said-held-to = , at most <b>{ $max }</b>
said-decimals =
    { $count ->
        [0] , in whole numbers.
        [1] , with one decimal.
       *[other] , with { $count } decimals.
    }
said-population = Only those are ranked of whom { $condition }.
said-cohort = Everybody is ranked among those with the same <b>{ $name }</b>.
said-cohort-account = Everybody is ranked among those whose accounts have the same <b>{ $name }</b>.
# $steps: some of said-step, with commas between them
said-steps = The probability is { $steps }.
said-step = <b>{ $chance } %</b> from <b>{ $from }</b>
said-curve = The probability is 50 % at <b>{ $midpoint }</b> and rises around it by a curve with the slope <b>{ $slope }</b>.

## Spans of time within sentences

said-seconds =
    { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }
said-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
said-hours =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
said-days =
    { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
said-weeks =
    { $count ->
        [one] { $count } week
       *[other] { $count } weeks
    }
said-months =
    { $count ->
        [one] { $count } month
       *[other] { $count } months
    }
said-quarters =
    { $count ->
        [one] { $count } quarter
       *[other] { $count } quarters
    }
said-years =
    { $count ->
        [one] { $count } year
       *[other] { $count } years
    }
# After "every" and "in the last", where one is not counted
said-every-days =
    { $count ->
        [1] day
       *[other] { $count } days
    }
said-every-weeks =
    { $count ->
        [1] week
       *[other] { $count } weeks
    }
said-every-months =
    { $count ->
        [1] month
       *[other] { $count } months
    }
said-every-quarters =
    { $count ->
        [1] quarter
       *[other] { $count } quarters
    }
said-every-years =
    { $count ->
        [1] year
       *[other] { $count } years
    }

## Names within sentences

# $name: of an attribute, a score or a category
said-of-activity = its <b>{ $name }</b>
said-of-contact = the contact’s <b>{ $name }</b>
said-of-account = the account’s <b>{ $name }</b>
said-of-opportunity = the opportunity’s <b>{ $name }</b>
said-of-score = the score <b>{ $name }</b>
said-of-band = the band of <b>{ $name }</b>
said-of-percentile = the percentile of <b>{ $name }</b>
said-of-category = the total of <b>{ $name }</b>

## Conditions within sentences

# Between comparisons
condition-and = and
condition-or = or
# $name: as in "its value"; $value: one, or several with commas between them
condition-is = { $name } is <b>{ $value }</b>
condition-is-not = { $name } is not <b>{ $value }</b>
condition-at-least = { $name } is at least <b>{ $value }</b>
condition-at-most = { $name } is at most <b>{ $value }</b>
condition-more = { $name } is more than <b>{ $value }</b>
condition-less = { $name } is less than <b>{ $value }</b>
condition-between = { $name } is within <b>{ $value }</b>
condition-not-between = { $name } is outside of <b>{ $value }</b>
condition-one-of = { $name } is one of <b>{ $value }</b>
condition-none-of = { $name } is none of <b>{ $value }</b>
condition-contains = { $name } contains <b>{ $value }</b>
condition-contains-not = { $name } does not contain <b>{ $value }</b>
condition-begins = { $name } begins with <b>{ $value }</b>
condition-like = { $name } is like <b>{ $value }</b>
condition-not-like = { $name } is not like <b>{ $value }</b>
condition-any-case-like = { $name } is, in any case, like <b>{ $value }</b>
condition-not-any-case-like = { $name } is, in any case, not like <b>{ $value }</b>
condition-known = { $name } is known
condition-unknown = { $name } is not known
condition-true = { $name } is true
condition-not-true = { $name } is not true
## One score

score-fresh = New score
score-of = of { subjects }
score-choose = Choose a score
score-said-here = What the score is will stand here.
score-title-example = Member engagement
score-sum = A weighted sum
score-sum-hint = The points of each score, times its weight, are added up. A score without a weight is left out.
score-sum-no-other = There is no other score of { subjects } yet. <a href="/rules/score">Add one first</a>.
score-grade = A grade by two scores
score-grade-hint = A letter from the band of one score and a digit from that of another: A1 is in the highest band of both.
score-grade-no-bands = A grade needs two scores of { subjects } that have bands. <a href="/bands">Give them bands first</a>.
score-letters = The letter is from
score-letters-hint = A is its highest band.
score-digits = The digit is from
score-digits-hint = 1 is its highest band.
score-bounds = Bounds
score-decimals = Decimals
score-decimals-none = none: whole numbers
score-bounds-hint = The score is held within these and rounded once, at the end. Leave one empty for no bound.
score-no-bands = It has no bands yet. <a href="{ $address }">Give it bands</a>
# $name: of a band; $points: from where on
score-band = { $name } from { $points }
# $bands: some of score-band, with commas between them
score-bands = Bands: { $bands }. <a href="{ $address }">Change the bands</a>
score-probability = Probability
score-probability-hint = How likely an opportunity is won, by its points; amount times probability is its estimated value.
score-probability-none = None
score-probability-steps = In steps
score-probability-curve = By a curve
score-step-from = From so many points
score-step-chance = Per cent
score-steps-hint = Below the first step the probability is 0.
score-midpoint = 50 % at so many points
score-slope = Slope there
score-curve-hint = With a slope of 0.1, ten points above it mean 73 %; with 0.2, they mean 88 %.
score-ranked = Who is ranked
score-ranked-hint = For percentiles: how many of the others somebody is ahead of. Leave all of this empty to rank everybody among all.
score-population = Rank only those of whom
score-cohort = Among those with the same
score-kept-by-others = It can be removed once no rule, category or other score hangs on it.
score-gone = there is no such score in the draft any more
score-no-title = A score has a title, for example Member engagement.
score-no-weights = Give at least one score a weight, for example 0.5.
score-none-chosen = Choose a score.
# $written: what somebody wrote
score-wrong-chance = “{ $written }” cannot be used: a probability is a number of per cent from 0 to 100.
score-no-steps = Say from how many points on the probability is how many per cent.

## What should a score be of?

score-kinds = What should the score be of?
score-kind-points = Points by rules
score-kind-points-hint =
    { $kind ->
        [account] The five most engaged people, added up.
        [opportunity] A quote adds 40, and 40 points mean 25 %.
       *[contact] Each event attended adds 20.
    }
score-kind-sum = A weighted sum of other scores
score-kind-sum-hint = 0.6 × Engagement + 0.4 × Fit.
score-kind-grade-hint = A1 is in the highest band of both.

## Bands

bands-of = Bands of { $score }
bands-title = Bands
bands-hint = Where each band begins, and how many are in it.
bands-scores = Scores
bands-saved = Saved to the draft. It counts once it is published: <a href="/rules/preview">preview it</a>.
bands-other-rules = The draft changes rules too, so that points will be others. <a href="/rules/preview">The preview</a> counts with both.
bands-all = { $count } { subjects }, as they stand now
bands-all-population = { $count } { subjects } in its population, as they stand now
bands-chart = How many have how much of { $score }
bands-chart-hint = { $count } bars from { $least } to { $most }; the table below has the numbers.
# A bar of the chart: from how many points to how many, and how many people
bands-bar = { $from } to { $to }: { $many }
bands-bar-cut = The bar from { $from } to { $to } goes on: { $many } are in it.
bands-not-counted = Opportunities are not counted here; thresholds can be set all the same.
bands-nobody = Nobody has this score yet. Once somebody has, bars stand here.
bands-by = What thresholds are of
bands-by-points = Points
bands-by-percentile = Percentile: 80 is the upper fifth
bands-table = The bands of { $score }
bands-caption = The bands from the lowest to the highest
bands-band = Band
bands-from = From
bands-slider = Slider
bands-many = How many
bands-in-force = In force
bands-name = Name of band { $number }
bands-one-more = One more
bands-fresh = A new band
bands-begins = { $band } begins at
bands-begins-slider = { $band } begins at, as a slider
bands-lowest-hint = The lowest band reaches down without end. A band without a name is left out.
bands-count-again = Count again
bands-back = Back to the draft
bands-how-much = How many have how much
bands-below = To below
bands-no-threshold = Say from where on the band { $name } begins.
# $written: what somebody wrote; $name: of a band; $error: what is wrong
bands-wrong-threshold = “{ $written }” cannot be used for { $name }: { $error }. Write for example 20 or 2.5.
bands-same-name = Two bands have the same name.
bands-overtaken = Somebody else has changed this score while you had it open. Yours stands below; save again to put
    it in place of theirs, or open the page anew to see what it is now.

## What would change

preview-title = Preview
preview-heading = What would change
preview-beside = The draft beside version { $number }, which is in force.
preview-first = Nothing is in force yet: everybody gets their first scores.
preview-publish = Publish
preview-under-way = <a href="/rules/publishing">Version { $number } is being published.</a> The draft can be published after it.
preview-by-admin = An admin publishes it.
preview-impossible = <strong>It cannot be told, and could not be published:</strong> { $problem }
preview-scoring = Everybody is scored by both models
preview-scoring-done = Everybody is scored by both models: { $done } of { $all }
preview-scoring-hint = Nothing counts until it is published. You may leave this page; what is found is kept until the draft changes.
preview-every = One of every { $count } { subjects } was looked at.
preview-every-hint = They are always the same ones, chosen by their numbers. What follows is what these say of all.
preview-new = new
preview-removed = removed
# $many: a number, or about how many
preview-would-have = { $many } { subjects } would have it.
preview-would-lose = { $many } { subjects } would no longer have it.
preview-nobody =
    { $kind ->
        [opportunity] No opportunity’s score would change.
       *[other] Nobody’s score would change.
    }
preview-about = about { $many }
preview-crossing = <strong>{ $many }</strong> of { $all } { subjects } would change band: { $up } up, { $down } down.
preview-crossing-neither = <strong>{ $many }</strong> of { $all } { subjects } would change band: { $up } up, { $down } down, { $neither } neither.
preview-points = { $many } would have other points: { $more } more, { $fewer } fewer.
# $is, $was: an estimated value
preview-value = Their estimated value together would be <strong>{ $is }</strong>; it is { $was }.
preview-value-part = Their estimated value together would be <strong>{ $is }</strong>; it is { $was }, of those that were looked at.
preview-from-to-of = From which band to which in { $score }
preview-from-to = From the bands on the left to those on top; who stays stands in the diagonal.
preview-from = From
preview-no-band = no band
preview-causes-of = What moves them in { $score }
preview-causes = What moves them. A change of band belongs to what changes the points most.
preview-by = By
preview-change-band = Change band
preview-other-points = Other points
preview-most-up = At most up
preview-most-down = At most down
preview-by-score = The score { $score }
preview-by-held = Bounds and rounding
preview-by-bands = Where bands begin
# What a rule is: new, removed or changed
preview-standing =
    { $standing ->
        [new] new
        [removed] removed
       *[changed] changed
    }
preview-example = For example
preview-examples-of = Examples in { $score }
preview-examples = Some who change band, and those whose points change most
preview-who = Who
preview-band = Band
preview-points-head = Points
preview-mostly-by = Mostly by
preview-unknown = Nobody is known yet, so nothing would change.
preview-as-of = As of { $day }.
preview-again = Compute again
preview-findings = Valid, but probably not meant
preview-changes = What is changed
preview-lines = Line by line

## Publishing

publish-title = Publishing
publish-done-title = Published
publish-hint = Everybody is scored by <strong>version { $number }</strong>. Until all are, everyone sees the scores of the version before; then all switch at once.
publish-stage =
    { $stage ->
        [contacts] Contacts: { $done } of { $all } in all
        [accounts] Accounts: { $done } of { $all } in all
        [bands] Bands by percentile: { $done } of { $all } in all
        [opportunities] Opportunities: { $done } of { $all } in all
       *[switch] Switching: { $done } of { $all } in all
    }
publish-progress = { $done } of { $all }
publish-leave = You may leave this page; it goes on.
publish-nothing = Nothing is in force, and nothing is being published.
publish-nothing-new = there is nothing new to publish
publish-overtaken = the draft has changed since you looked at it; look at the preview again

## Versions

versions-none = Nothing is published yet
versions-none-hint = A draft counts once it is published.
versions-preview = Preview the draft
versions-title = Versions
versions-caption = Versions that were published, the latest first
versions-version = Version
versions-published = Published
versions-by = By
versions-acts = What can be done
version-number = Version { $number }
version-in-force = in force
version-again = Publish again
version-again-number = Publish again<span class="unseen"> version { $number }</span>
versions-earlier = Earlier versions
# $at: a moment; $by: a person or a command
version-published = Published { $at } by { $by }.
version-text = The text of the version
versions-no-number = versions have numbers

## The draft as a text

text-title = Text of the draft
text-first = The first model
text-overtaken-by = <strong>{ $name } has changed the draft while you had it open.</strong> Nothing of yours is saved, and nothing of it is lost: it stands below. Save again to put yours in its place, or <a href="/rules/text">open the draft as it is now</a>.
text-overtaken = <strong>Somebody else has changed the draft while you had it open.</strong> Nothing of yours is saved, and nothing of it is lost: it stands below. Save again to put yours in its place, or <a href="/rules/text">open the draft as it is now</a>.
text-saved = Saved. There are no mistakes in it.
text-saved-all-the-same = Saved all the same.
text-mistakes =
    { $count ->
        [one] { $count } mistake:
       *[other] { $count } mistakes:
    }
text-place = Line { $line }, column { $column }
text-label = The model as TOML
text-hint = Every key is described in the manual of the model language. What you save is kept, with mistakes too, and counts once it is published.
text-format = Save in the house style
text-empty = there is nothing in the text; to go back, discard the changes

## The model itself

model-title = The model
model-zone = Time zone
model-zone-hint = It decides when a day begins. Empty is UTC.
model-passive = What happens to people without them
model-passive-hint = Such activities are no sign of life and end no silence, for example email_delivered. Several with commas between them.

## What the draft changes

changes-only-layout = Only comments, order or layout are changed; no score is.
# $name: of a rule, a score, a category or an exclusion
changes-of =
    { $section ->
        [rule] Rule { $name }
        [score] Score { $name }
        [category] Category { $name }
        [exclude] Exclusion { $name }
       *[model] The model { $name }
    }
changes-became =
    { $became ->
        [new] new
        [gone] removed
       *[other] changed
    }
# $key: a key of the model
changes-key-new = { $key } is new: <b>{ $is }</b>
changes-key-gone = { $key } is gone; it was { $was }
changes-key = { $key } was { $was }, is <b>{ $is }</b>
changes-title = Changes
changes-none = Nothing is changed
changes-none-hint = The draft is what is in force.
changes-text = The text before and after
changes-what = What became of it
changes-line = Line
changes-gone = gone
changes-new = new
changes-gap = lines that are the same

## How two values can be compared

how-is = is
how-is-not = is not
how-at-least = is at least
how-at-most = is at most
how-more = is more than
how-less = is less than
how-between = is within (two values)
how-not-between = is outside of (two values)
how-one-of = is one of
how-none-of = is none of
how-contains = contains
how-contains-not = does not contain
how-begins = begins with
how-like = is like (% stands for any text)
how-not-like = is not like
how-any-case-like = is like, in any case
how-not-any-case-like = is not like, in any case
how-known = is known
how-unknown = is not known
how-true = is true
how-not-true = is not true

## What is wrong with a field

field-no-number = A number is missing here.
# $written: with a point
field-decimal-point = Decimals take a point here: { $written }.
field-wrong-number = “{ $written }” cannot be used: { $error }. Write for example 20 or 2.5.
field-no-span = A span of time is missing here.
field-wrong-span = “{ $written }” is not a number of { rule-units }. Write a whole number from 1 on.
field-no-type = Name at least one type of activity, or * for all.
field-wrong-name = “{ $written }” is no name. Write for example contact.job_title.
field-no-value = Say with what it is compared.

## Settings

settings-title = Settings
# The title of a page. $page: the name of one of the settings
settings-page = { $page } – Settings
settings-you = You
settings-people = People
settings-keys = Keys
settings-audit = Audit log
settings-data = Data
settings-retention = Retention
settings-quick = Quick lists
settings-about = About
# Heads of tables, of several pages
settings-state = State
settings-role = Role
settings-last-used = Last used
settings-actions = What you can do
settings-when = When
settings-by = By
# Leads on to what is older
settings-earlier = Earlier

## Settings: oneself

you-password-changed = Your password is another one now. Wherever else you were logged in, you are not any more.
you-logged-out-there = You are logged out there.
you-who = Who you are
you-role =
    { $role ->
        [admin] { $role } – you may do everything: publish rules, make keys, and say who else may.
        [editor] { $role } – you may read, correct contacts, import files and draft rules.
       *[viewer] { $role } – you may read everything, and change nothing.
    }
you-role-hint = An admin can change your name and your role.
you-password-old = The one you have
you-password-new = A new one
you-password-hint = At least 12 characters. Several words that do not belong together are easy to remember and hard to guess.
you-password-change = Change the password
you-logins = Where you are logged in
you-login-since = Since
you-login-ends = Ends, if unused
you-login-this = This browser
you-login-end = Log out there
you-logins-hint = A login lasts 30 days at most, and 7 days unused. When it was last used is noted once an hour.
you-nobody = nobody is logged in here
you-password-wrong = the password that you have now is another one

## Settings: people

people-done-role = The role is another one now.
people-done-disabled = Deactivated, and logged out everywhere.
people-done-enabled = Active again.
people-link = A link for { $name }
people-link-known = Whoever opens it chooses a new password.
people-link-new = Whoever opens it chooses a password, and is in.
people-link-once = It works once, and is shown only now: send it yourself, as Fervor sends no mail.
# $until: a moment
people-link-once-until = It works once, until { $until }, and is shown only now: send it yourself, as Fervor sends no mail.
people-link-field = One-time link
people-all = Who may come in
# After one’s own name
people-you = (you)
# $at: a moment
people-deactivated = Deactivated <span class="subtle">{ $at }</span>
# $until: a moment
people-active-with-link = Active, with a new link until { $until }
people-invited = Invited, until { $until }
people-active = Active
people-not-invited = Not invited any more
people-role-of = Role of { $name }
people-role-change = Change<span class="unseen"> the role of { $name }</span>
people-activate = Activate<span class="unseen"> { $name }</span>
people-new-link = New link<span class="unseen"> for { $name }</span>
people-deactivate = Deactivate<span class="unseen"> { $name }</span>
people-invite = Invite somebody
people-may = What they may do
people-may-viewer = <strong>Viewer</strong> – reads contacts, scores and why they are what they are
people-may-editor = <strong>Editor</strong> – corrects contacts, imports files, drafts rules
people-may-admin = <strong>Admin</strong> – publishes rules, makes keys, says who else may come in
people-make-link = Make a link
people-no-role = choose a role: viewer, editor or admin

## Settings: keys

keys-revoked = The key is revoked: whoever uses it is refused.
# $name: what the key is for
keys-made = The key for { $name }
keys-made-hint = Copy it now: only a hash of it is kept, and nobody can show it again.
keys-made-field = Key
keys-made-next = Next: <a href="/sources">send something with it</a>, and watch it arrive.
keys-make = Make a key
keys-name = What it is for
keys-name-hint = Such as “website” or “ticket shop”. Activities that arrive with it name it as their source.
keys-may = What it may do
# The first words of these stand so in the interface for programs, too
keys-may-ingest = <strong>ingest</strong> – say what happened and what is known; enough for a website or an app
keys-may-read = <strong>read</strong> – read contacts, scores and why
keys-may-write = <strong>write</strong> – merge contacts, import files
keys-may-admin = <strong>admin</strong> – everything, also publishing rules and erasing people
keys-none = No key yet
keys-none-hint = A website, a shop or a CRM needs one before it can tell Fervor anything.
keys-all = All keys
# Heads of the table of keys: for what, what it may do, when it was made
keys-head-for = For
keys-head-may = May
keys-head-made = Made
keys-unused = not since the service began
# $at: a moment
keys-revoked-at = Revoked { $at }
keys-revoke = Revoke<span class="unseen"> { $name }</span>
keys-revoke-hint = Whoever uses it is refused from then on, for good.
keys-revoke-sure = Revoke it
keys-no-name = give the key a name, such as the system that will use it
keys-no-scope = say what the key may do

## Settings: audit log

audit-what = What
audit-who = Who
audit-which = Which
audit-any-action = Everything
# What somebody did
audit-action =
    { $action ->
        [set_up] Became the first admin
        [accept_invitation] Chose a password by a link
        [change_password] Changed their password
        [create_user] Invited somebody
        [change_user] Changed somebody
        [invite_user] Made another link for somebody
        [create_key] Made a key
        [revoke_key] Revoked a key
        [publish] Published rules
        [save_draft] Saved a draft of rules
        [import] Began an import
        [cancel_import] Cancelled an import
        [undo_import] Undid an import
        [merge] Merged contacts
        [unmerge] Parted contacts
        [erase] Erased a contact
        [set_chosen] Set an attribute of several
        [remove_chosen] Removed an attribute of several
        [undo_chosen] Set an attribute of several back
        [erase_chosen] Erased several contacts
        [change_opportunity] Changed an opportunity
        [choose_indexed] Chose quick attributes
        [turn_on_retention] Turned a rule for retention on
        [turn_off_retention] Turned the rule for retention off
        [erase_by_rule] Erased contacts by the rule for retention
        [backup] Downloaded a backup
       *[other] { $action }
    }
audit-none = Nothing of this kind
audit-none-latest = There is none among the last two thousand changes.
audit-none-hint = Whatever people and keys change is noted here.
audit-show-all = Show everything
audit-changes = Changes, the latest first
audit-pages = Pages of the log
audit-latest = Latest

## Settings: data

data-erased = The contact is erased: who it was, what it did, and what came of it. Whatever is told about it from now on is
    refused. Backups that were made before still have it.
data-backup = Backup
data-backup-what = One file with everything of one moment: contacts, activities, scores, rules, people, keys. The service goes
    on meanwhile. It is read again before it is sent, so a download that ends well is whole.
data-backup-make = Download a backup
data-backup-hint = Keep it where few can read it. A large service is better backed up beside it, every night:
data-backup-commands = Commands for backups
data-erase = Erase a contact
data-erase-what = For somebody who asks to be forgotten. Everything about them goes, for good; the sums of their account are
    worked out anew.
# Before other ids of the same contact
data-known-as = Known as well as
data-erase-again = Write the id again, to be sure
data-erase-sure = Erase for good
data-erase-keep = Keep
data-erase-id = Id of the contact
data-erase-look = Look up
data-not-same = the two ids are not the same; nobody was erased
data-no-folder = there is no folder for a backup; whoever runs the service has to name --import-dir
data-backup-failed = a backup cannot be sent

## Settings: quick lists

quick-kept = Kept.
quick-kept-going = Kept. Lists use what is new as soon as everybody was gone through.
quick-lead = A list filtered by a chosen attribute, as in <code>contact.country = 'Norway'</code>, is there at once, however many
    contacts there are. By any other attribute it is found by looking at one after the other.
# $most: how many attributes
quick-hint = It costs a little each time something is said of them, and room in the database. It pays where a value is one of many
    and few have it: a country, a plan, a city. It pays little where half of all have the same. At most { $most }.
quick-preparing = Being prepared
quick-going =
    { $kind ->
        [account] Going through all accounts. Lists work meanwhile as before.
        [opportunity] Going through all opportunities. Lists work meanwhile as before.
        [visitor] Going through all visitors. Lists work meanwhile as before.
       *[contact] Going through all contacts. Lists work meanwhile as before.
    }
# $count: how many were looked at
quick-looked-at = by the first { $count }
quick-attributes = Attributes of { subjects-capital }
quick-attribute = Attribute
quick-have-it = Have it
quick-values = Values
quick-examples = For example
# The state of an attribute: lists filtered by it are quick
quick-ready = Quick
quick-others = Others, as conditions name them
quick-keep = Keep this choice

## Settings: retention

retention-done-on = The rule is on. It begins tomorrow; until then nobody is erased by it.
retention-done-off = The rule is off. Whoever was erased by it stays erased.
retention-lead = Contacts of whom nothing was heard for long can be erased without anybody asking: for good, as if each were erased by hand.
# The rule for retention is on
retention-on = On
retention-off = Off: everybody stays
# $since: a day
retention-rule = Every day, contacts are erased of whom nothing was heard for <strong>{ $months } months</strong>. Turned on by { $by } on { $since }.
retention-rule-if = Every day, contacts are erased of whom nothing was heard for <strong>{ $months } months</strong> and of whom <code>{ $condition }</code> is true. Turned on by { $by } on { $since }.
retention-turn-off = Turn it off
# $at: a moment; $erased: how many contacts
retention-last = It went through everybody last { $at }, and erased { $erased } on that day.
retention-other-rule = Another rule
retention-try-rule = Try a rule
retention-months = Months in which nothing was heard
retention-months-hint = The last activity counts, by when it happened, and the last day on which anything else that is known of them
    begins. Who never did anything counts from when they were first scored. What is said again without news does not count.
retention-condition = Only of whom this is true, if you like
retention-look = Look whom it would erase
retention-would =
    { $count ->
        [0] It would erase nobody today
        [one] It would erase { $count } contact today
       *[other] It would erase { $count } contacts today
    }
retention-looked-part = Only the first { $looked } contacts were looked at; there may be more.
retention-looked-all = { $looked } looked at, which is everybody.
retention-looked-all-if = { $looked } looked at, which is everybody of whom the condition is true.
retention-who = Who would be erased
retention-last-heard = Last heard of
retention-first = The first { $count } are named.
retention-sure-hint = From tomorrow on this happens every day, without anybody being asked. Erasing cannot be undone; the audit log says how
    many, and not who.
# What has to be written to be sure
retention-phrase = { $months } months
# $phrase: retention-phrase
retention-sure = Write <code>{ $phrase }</code> to be sure
retention-turn-on = Turn this rule on
retention-leave = Leave it as it is
retention-wrong-months = say for how many months, from { $least } to { $most }
retention-long-condition = a condition has at most { $most } bytes
retention-not-sure = write `{ $phrase }` to be sure; the rule is as it was

## Settings: about

about-heading = About this service
about-what = What it is
about-version = Version
about-database = Keeps everything in
about-in-server = PostgreSQL
about-in-file = a file of SQLite
about-freshness = Freshness
about-fresh = Everything that was told is scored.
about-waiting = { $count } facts wait to be stored.
about-marked = { $count } accounts, opportunities or contacts are being worked out anew.
about-marked-more = { $count } or more accounts, opportunities or contacts are being worked out anew.
about-hint = Everything that programs can ask stands on the <a href="/docs">reference page</a>; numbers for those who watch the
    service are at <code>/metrics</code>.
about-publishing = Version { $version } of the rules is being prepared
about-how-far = How far it is
about-progress = { $done } of { $all }
about-publishing-hint = Everybody is scored beside the version in force, until all switch at once.
about-versions = Versions of the rules
about-no-versions = No rules have been published yet.
about-published = Published
# After the number of a version
about-in-force = in force

## The ways in

enter-email = E-mail address
enter-password = Password
enter-password-hint = At least 12 characters, of any kind. A few words that only you put together do.
login-title = Log in
login-nobody = Nobody has been set up yet. The service printed a link for the first admin when it was started; start it again for a
    new one.
login-lost = Password lost? An admin can give you a new link; whoever runs the service can, too.
setup-title = Set up
setup-heading = Set up Fervor
setup-hint = You become the first admin. Others you can invite afterwards. This link works once.
setup-name = Your name
setup-submit = Become the first admin
invite-title = Choose a password
invite-welcome = Welcome, { $name }. This link works once.
invite-submit = Choose it and log in

## Imports

imports-title = Imports
imports-new = Import a file
imports-none = No file has been imported yet
imports-none-hint = A list of members, what they attended, what they bought: as CSV, JSON or Parquet, as your systems export it.
    You see what becomes of it before anything is stored.
imports-all = Imports, the latest first
imports-file = File
imports-state = State
# What was taken, known already, and not taken of what a file or a system says
imports-taken = Taken
imports-known = Known already
imports-not-taken = Not taken
imports-pages = Pages of imports
# The state of an import
imports-waiting = Waits for its turn
imports-trying = Being tried
imports-running = Running
imports-undone = Undone
imports-tried = Tried, nothing stored
imports-done = Done
imports-failed = Broke off
imports-cancelled = Cancelled

## A file comes

# Steps of an import
import-step-file = The file
import-step-columns = Its columns
import-step-trial = A trial
import-step-import = The import
# $most: of a file
import-file-hint = CSV as every spreadsheet and CRM writes it, with any delimiter and encoding; JSON and Parquet as well, packed or not;
    { $most } MiB at most. From a spreadsheet, save as CSV first.
import-look = Look at it
import-new-hint = Nothing is stored yet. A file that was imported before counts once, however often it is sent.
import-no-file = choose a file first
import-no-columns = this file has no columns that could be told apart; is it CSV, JSON or Parquet?
import-file-gone = this file is not here any more; choose it again under Imports

## Which column is what

# $file: its name
columns-title = Columns of { $file }
columns-heading = What the columns are
columns-known-file = The columns are as you chose them for the last file of this kind.
columns-delimiter = Columns are separated by “{ $delimiter }”.
columns-encoding = Characters are read as { $encoding }.
# One of columns-kind
columns-each-row = Each row is about
columns-kind =
    { $kind ->
        [accounts] an account
        [activities] something that happened
        [opportunities] an opportunity
       *[contacts] a contact
    }
columns-change = Change
columns-doubts = To be looked at: { $count }
columns-no-values = no values among the first rows
# $column: its name
columns-role = What it is<span class="unseen"> ({ $column })</span>
columns-kept-property = A property, kept
columns-kept-attribute = An attribute, kept
columns-known =
    { $name ->
        [id] Its id
        [account] The account it belongs to
        [account_since] At that account since
        [created_at] There since
        [valid_from] The date from which the row holds
        [contact] Whose it is: the id of the contact
        [type] What happened
        [occurred_at] When it happened
        [value] What it was worth
        [source] Which system tells it
        [amount] The amount
       *[other] { $name }
    }
columns-leave-out = Leave it out
columns-called = Kept as<span class="unseen"> ({ $column })</span>
columns-dates = Dates are written<span class="unseen"> ({ $column })</span>
columns-decimal = Numbers are written<span class="unseen"> ({ $column })</span>
columns-choose = Please choose
# How dates or numbers are written
columns-as-it-stands = as it stands
# $example: a date, where the way is no word
columns-way =
    { $way ->
        [dmy] day, month, year
        [mdy] month, day, year
        [ymd] year, month, day
        [unix] seconds since 1970
        [unix_ms] milliseconds since 1970
        [spreadsheet] days as spreadsheets count
       *[other] { $example }
    }
columns-zone = Times are of the time zone
# $zone: the one of the rules
columns-zone-hint = It counts for times that do not say their offset themselves. Empty is that of your rules, { $zone }.
columns-event = If no column says what happened, every row is
columns-event-hint = The word that your rules use, such as event_attended or purchase.
columns-try = Try it
columns-try-hint = Everything is read and judged, and nothing stored.

## An import

# $name: of the import
import-title = { $name } – Imports
import-judging = Every row is read and judged
import-storing = Every row is read and stored
# $rows, $taken, $refused: how many
import-so-far = { $percent } % · { $rows } rows read · { $taken } taken · { $refused } not taken
import-read = { $percent } per cent are read
import-rows = Rows read
import-would-be-taken = Would be taken
import-unusable = Cannot be used
import-now = Import it now
import-change-columns = Change the columns
import-look-at-contacts = Look at the contacts
import-choose-again = Choose the file again
import-undoing = Being undone
import-undoing-hint = Contact after contact is looked at.
# $removed, $kept: how many
import-undone = Undone: { $removed } activities are not there any more.
import-undone-kept = Undone: { $removed } activities are not there any more, and { $kept } stay, as another import has said the same.
import-undoing-failed = The undoing broke off. What is gone is gone; ask for the rest again.
import-refused-trial = What could not be used
import-refused = What was not taken
import-download-rows = Download these rows
import-line = Line
import-why = Why
import-row = Row
import-samples = The first of what the file says
import-undo = Undo this import
import-undo-hint = Every activity that it brought goes, unless somebody else has said the same. What the file said of contacts and
    accounts themselves stays, since what was known before is not kept. Afterwards the file can be imported again.
import-undo-sure = Undo it
import-notes = Notes: { $count }

## Sources

sources-title = Sources
sources-none = Nothing sends anything yet
sources-none-hint = A website, a shop, an app or a CRM tells Fervor what people do, as it happens. It needs a key and one of the lines
    below.
sources-who = Who sends
sources-source = Source
sources-last-seen = Last seen
sources-last-hour = Taken, last hour
sources-last-day = Taken, last day
sources-refused = Refused
sources-not-yet = not yet
sources-arriving = What arrives
sources-pause = Pause
sources-again = Look again
# Heads of the table of what arrives: what it is, whose it is, and what became of it
sources-what = What
sources-whose = Whose
sources-became = Became
# Before a reason
sources-refused-for = Refused:
sources-nothing = Nothing has arrived since the service began.
sources-wrong = What was refused
sources-begin = Begin to send
sources-begin-hint = Any of these, with the key that you made in the place of <code>YOUR_KEY</code>. Tracking SDKs work as they are: only
    their address is another one.
# Ways to send
sources-curl = curl, or any program
sources-segment-node = Segment, Node
sources-segment-python = Segment, Python
sources-rudderstack = RudderStack, Node
sources-cloudevents = CloudEvents
# $name: one of the ways to send
sources-copy = Copy<span class="unseen"> the lines for { $name }</span>
sources-hint = The last 200 arrivals and 100 refusals are shown, and the counts of a day, as this process of the service has seen them:
    they begin anew when it does. What they say is stored, wherever it stands. <a href="/docs">Everything else that can be sent</a>.

## Forms

form-copy = Copy
form-copied = Copied
form-not-of-page = this is not what the form of the page sends
