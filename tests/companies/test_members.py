"""Company users: inviting, rights, taking away: works, who may, who may not, bad input, edges."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Role, User
from app.companies.models import Company, CompanyMember, MemberRight
from app.mail import OutboxMail
from tests.factories import make_company, make_contact, make_member, post

SEMMLER = {
    "salutation": "ms",
    "first_name": "Martina",
    "last_name": "Semmler",
    "email": "Semmler@Mueritz.example",
    "right": "owner",
}


def members(session: Session, company: Company) -> list[CompanyMember]:
    session.expire_all()
    statement = select(CompanyMember).where(CompanyMember.company_id == company.id)
    return list(session.scalars(statement.options(joinedload(CompanyMember.user)).order_by(CompanyMember.id)))


def invite_url(company: Company) -> str:
    return f"/companies/{company.id}/members/new"


def member_url(company: Company, member: CompanyMember, verb: str) -> str:
    return f"/companies/{company.id}/members/{member.id}/{verb}"


def the_member(session: Session, company: Company, right: MemberRight = MemberRight.OWNER) -> CompanyMember:
    make_member(session, company, right)
    session.commit()
    return members(session, company)[0]


def test_somebody_of_the_company_is_invited_by_mail(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    assert post(staff, invite_url(company), SEMMLER).status_code == 303
    [member] = members(session, company)
    assert (member.right, member.user.role, member.user.email) == (
        MemberRight.OWNER,
        Role.COMPANY,
        "Semmler@Mueritz.example",
    )
    mail = session.scalars(select(OutboxMail).where(OutboxMail.recipient == member.user.email)).one()
    assert company.name in mail.text
    page = staff.get(f"/companies/{company.id}/people").get_data(as_text=True)
    assert "invited" in page


def test_a_contacts_data_are_taken_over(staff: FlaskClient, session: Session, company: Company) -> None:
    contact = make_contact(session, company, "Olaf Brandt", email="brandt@mueritz.example", salutation="mr")
    session.commit()
    page = staff.get(f"{invite_url(company)}?contact={contact.id}").get_data(as_text=True)
    assert [
        value in page for value in ('value="Olaf"', 'value="Brandt"', 'value="brandt@mueritz.example"')
    ] == [True] * 3


def test_a_company_user_of_another_firm_gets_no_second_account(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    person = make_member(session, make_company(session))
    session.commit()
    assert post(staff, invite_url(company), {**SEMMLER, "email": person.email.upper()}).status_code == 303
    assert [one.user_id for one in members(session, company)] == [person.id]


def test_a_duplicate_invitation_says_so_and_sends_nothing(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    post(staff, invite_url(company), SEMMLER)
    sent = len(session.scalars(select(OutboxMail.id)).all())
    answer = post(staff, invite_url(company), {**SEMMLER, "right": "reader"})
    assert answer.status_code == 422
    assert "Martina Semmler is already a user of this company." in answer.get_data(as_text=True)
    assert [one.right for one in members(session, company)] == [MemberRight.OWNER]
    assert len(session.scalars(select(OutboxMail.id)).all()) == sent


def test_people_of_the_centre_cannot_become_company_users(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    answer = post(staff, invite_url(company), {**SEMMLER, "email": coach.email})
    assert answer.status_code == 422
    assert "already has an account" in answer.get_data(as_text=True)
    assert members(session, company) == []


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "", "Enter the address that the invitation goes to."),
        ("email", "semmler", "This is no mail address"),
        ("first_name", "", "Enter the first name."),
        ("last_name", "x" * 61, "At most 60 characters"),
        ("right", "king", "Invalid Choice"),
    ],
)
def test_bad_invitations_are_refused_with_what_was_typed(
    staff: FlaskClient, session: Session, company: Company, field: str, value: str, says: str
) -> None:
    answer = post(staff, invite_url(company), {**SEMMLER, field: value})
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert 'value="ms"' in answer.get_data(as_text=True)
    assert members(session, company) == []


def test_the_right_is_changed(staff: FlaskClient, session: Session, company: Company) -> None:
    member = the_member(session, company)
    assert post(staff, member_url(company, member, "right"), {"right": "reader"}).status_code == 303
    assert members(session, company)[0].right is MemberRight.READER
    post(staff, member_url(company, member, "right"), {"right": "king"})
    assert members(session, company)[0].right is MemberRight.READER


def test_the_mail_is_sent_again(staff: FlaskClient, session: Session, company: Company) -> None:
    post(staff, invite_url(company), SEMMLER)
    [member] = members(session, company)
    assert post(staff, member_url(company, member, "invitation")).status_code == 303
    mails = session.scalars(select(OutboxMail).where(OutboxMail.recipient == member.user.email)).all()
    assert len(mails) == 2


def test_access_is_taken_away_and_given_back(staff: FlaskClient, session: Session, company: Company) -> None:
    member = the_member(session, company, MemberRight.EDITOR)
    user_id = member.user_id
    page = post(staff, member_url(company, member, "removal"), follow_redirects=True).get_data(as_text=True)
    undo = f"/companies/{company.id}/members/by-user/{user_id}/restoration/editor"
    assert f'action="{undo}"' in page
    assert members(session, company) == []
    assert session.get(User, user_id) is not None
    assert post(staff, undo).status_code == 303
    assert [(one.user_id, one.right) for one in members(session, company)] == [(user_id, MemberRight.EDITOR)]


def test_only_former_users_are_brought_back(staff: FlaskClient, session: Session, company: Company) -> None:
    stranger = make_member(session, make_company(session))
    session.commit()
    base = f"/companies/{company.id}/members/by-user/{stranger.id}/restoration"
    assert post(staff, f"{base}/owner").status_code == 404
    member = the_member(session, company)
    post(staff, member_url(company, member, "removal"))
    assert (
        post(staff, f"/companies/{company.id}/members/by-user/{member.user_id}/restoration/king").status_code
        == 404
    )
    assert members(session, company) == []


@pytest.mark.parametrize("who", ["another coach", "administrator", "company user"])
def test_strangers_invite_nobody(
    strangers: dict[str, FlaskClient], session: Session, company: Company, who: str
) -> None:
    member = the_member(session, company)
    browser = strangers[who]
    assert browser.get(invite_url(company)).status_code == 403
    assert post(browser, invite_url(company), SEMMLER).status_code == 403
    for verb in ("right", "invitation", "removal"):
        assert post(browser, member_url(company, member, verb), {"right": "reader"}).status_code == 403
    assert [one.right for one in members(session, company)] == [MemberRight.OWNER]


def test_another_companys_user_is_not_found(staff: FlaskClient, session: Session, company: Company) -> None:
    foreign = the_member(session, make_company(session))
    assert post(staff, member_url(company, foreign, "removal")).status_code == 404
