"""What the review page says, in English and Hebrew side by side, so that neither language can miss a word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from autocoder.report.words import Language

_WORDS = {
    # every page
    "review": ("Review", "סקירה"),
    # the desk: transcript, card, codebook
    # browse and search
    # progress and influence
    # jobs
    # people: sign-in, accounts, assignments
    "closed_title": ("The page is closed", "הדף סגור"),
    "closed_how": (
        "Open it from the window in which it was started, or start it again with this command:",
        "אפשר לפתוח אותו מהחלון שבו הופעל, או להפעיל אותו מחדש בפקודה:",
    ),
    "closed_why": (
        "Each link opens the page once, and the page closes after a long pause, so that nobody else at this computer reads the interviews.",
        "כל קישור פותח את הדף פעם אחת בלבד, והדף ננעל אחרי הפסקה ארוכה, כדי שאיש מלבדך לא יקרא את הריאיונות במחשב הזה.",
    ),
    "link_used": ("This link was used already, or is too old.", "הקישור הזה כבר נוצל, או שפג תוקפו."),
    "start_title": ("Who is coding?", "בשם מי לקודד?"),
    "start_first": ("The name under which your codings are kept", "השם שתחתיו יישמרו הקידודים"),
    "start_new": ("Another name", "שם אחר"),
    "start_go": ("Begin", "להתחיל"),
    "stays_here": (
        "This page runs on this computer alone; nothing is sent anywhere.",
        "הדף פועל במחשב הזה בלבד; דבר אינו נשלח החוצה.",
    ),
    "sign_in": ("Sign in", "כניסה"),
    "sign_out": ("Sign out", "יציאה"),
    "change_coder": ("Change coder", "החלפת שם"),
    "name": ("Name", "שם"),
    "password": ("Password", "סיסמה"),
    "sign_in_lost": (
        "Forgot the password? A lead can make a new invitation.",
        "הסיסמה נשכחה? מי שמוביל את הצוות יכול להפיק הזמנה חדשה.",
    ),
    "invitation_title": ("An invitation to the team", "הזמנה לצוות"),
    "invitation_for": ("For", "עבור"),
    "invitation_first": (
        "This makes the account of the first lead, who then invites the others.",
        "כאן נפתח החשבון הראשון בתפקיד הובלה; דרכו מזמינים את שאר הצוות.",
    ),
    "invitation_accept": ("Save the password and go in", "לשמור את הסיסמה ולהיכנס"),
    "new_password": ("A new password", "סיסמה חדשה"),
    "password_again": ("The same password again", "אותה סיסמה שוב"),
    "password_advice": (
        "At least 12 characters; three or four words that have nothing to do with one another are good.",
        "לפחות 12 תווים; שלוש או ארבע מילים שאין ביניהן קשר הן בחירה טובה.",
    ),
    "people": ("People", "אנשי הצוות"),
    "role": ("Role", "תפקיד"),
    "role_coder": ("coder", "קידוד"),
    "role_lead": ("lead", "הובלה"),
    "account_state": ("State", "מצב"),
    "account_open": ("open", "פתוח"),
    "account_closed": ("closed", "סגור"),
    "account_locked": ("locked for a quarter of an hour after wrong passwords", "נעול לרבע שעה אחרי סיסמאות שגויות"),
    "account_change": ("Change", "שינוי"),
    "make_coder": ("Make a coder", "להעביר לתפקיד קידוד"),
    "make_lead": ("Make a lead", "להעביר לתפקיד הובלה"),
    "close_account": ("Close the account", "לסגור את החשבון"),
    "open_account": ("Open the account", "לפתוח את החשבון"),
    "invite": ("Invite", "הזמנה"),
    "invited_link": ("Hand over this link:", "את הקישור הזה יש למסור אל:"),
    "invited_once": (
        "It is shown this once, works once, and for seven days.",
        "הקישור מוצג הפעם בלבד, פועל פעם אחת, ותקף לשבעה ימים.",
    ),
    "invite_again": (
        "An invitation for somebody who has an account gives a new password.",
        "הזמנה למי שכבר יש חשבון נותנת סיסמה חדשה.",
    ),
    "refused_not_in": (
        "The name or the password is wrong, or the account is closed for a while.",
        "השם או הסיסמה שגויים, או שהחשבון סגור לזמן מה.",
    ),
    "refused_bad_name": ("A name has 1 to 100 characters.", "שם הוא בן 1 עד 100 תווים."),
    "refused_bad_name_signs": (
        "The name holds invisible signs; type it anew.",
        "בשם יש סימנים בלתי נראים; יש להקליד אותו מחדש.",
    ),
    "refused_name_of_model": ("That is the name of a model; choose another one.", "זה שם של מודל; יש לבחור שם אחר."),
    "refused_bad_role": ("There is no such role.", "אין תפקיד כזה."),
    "refused_bad_length": ("A password has 12 to 256 characters.", "סיסמה היא בת 12 עד 256 תווים."),
    "refused_weak_password": (
        "That password is guessed at once; take a few words instead.",
        "סיסמה כזו קל לנחש; עדיף לבחור כמה מילים.",
    ),
    "refused_not_the_same": ("The two passwords are not the same.", "שתי הסיסמאות אינן זהות."),
    "refused_link_used": ("This link was used already, or is too old.", "הקישור הזה כבר נוצל, או שפג תוקפו."),
    "refused_no_account": ("There is no such account.", "אין חשבון כזה."),
    "refused_last_lead": (
        "That is the only lead; make another lead first.",
        "זה החשבון היחיד בתפקיד הובלה; יש למנות קודם עוד חשבון.",
    ),
    "problem_title": ("That did not work", "הפעולה לא הצליחה"),
    "problem_400": ("The request could not be read.", "הבקשה לא נקראה."),
    "problem_403": ("This is for leads only.", "הפעולה הזו מיועדת למי שבתפקיד הובלה."),
    "problem_404": ("There is no such page.", "אין דף כזה."),
    "problem_405": ("That is not done this way.", "כך אי אפשר לעשות זאת."),
    "problem_413": ("That is too large.", "הקובץ או הטקסט גדולים מדי."),
    "problem_500": ("Something went wrong; nothing was changed.", "משהו השתבש; דבר לא השתנה."),
    "back": ("Back", "חזרה"),
}


@cache
def words(language: Language) -> Mapping[str, str]:
    """Return what the page says in a language."""
    place = 1 if language is Language.HEBREW else 0
    return MappingProxyType({key: both[place] for key, both in _WORDS.items()})
