"""What a company does in its portal: it moves measures, keeps promises, takes both back; others cannot."""

from __future__ import annotations

import re
import uuid
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import history
from app.accounts.models import Role, User
from app.coaching.models import Commitment, Side
from app.companies.models import CompanyMember, MemberRight
from app.roadmap.models import Measure, MeasureStatus
from tests.factories import make_user, post, sign_in
from tests.overview.portal_case import Case, add_measure, agree, days, make_case, move

REASON = "Erst nach dem Umzug"


@pytest.fixture
def case(session: Session) -> Case:
    made = make_case(session)
    session.commit()
    return made


@pytest.fixture
def measure(session: Session, case: Case) -> Measure:
    made = add_measure(session, case, "Rüstwagen bauen", due_on=days(20))
    agree(session, case)
    session.commit()
    return made


@pytest.fixture
def promise(session: Session, case: Case) -> Commitment:
    made = Commitment(company_id=case.company.id, side=Side.COMPANY, text="Netzplan freigeben")
    session.add(made)
    session.commit()
    return made


def at(case: Case, measure: Measure) -> str:
    return f"/portal/{case.company.id}/measures/{measure.id}/status"


def told(client: FlaskClient, case: Case) -> str:
    """The next page with its message."""
    return client.get(f"/portal/{case.company.id}/roadmap").text


def undo_address(page: str) -> str:
    found = re.search(r'action="(/portal/[^"]+/(?:undoing|reopening))"', page)
    assert found is not None
    return found[1]


# It works


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        ({"status": "running"}, MeasureStatus.RUNNING, ""),
        ({"status": "done"}, MeasureStatus.DONE, ""),
        ({"status": "not_now", "reason": f" {REASON} "}, MeasureStatus.NOT_NOW, REASON),
    ],
)
def test_the_company_says_how_a_measure_stands_and_history_says_who(
    client: FlaskClient,
    session: Session,
    case: Case,
    measure: Measure,
    sent: dict[str, str],
    status: MeasureStatus,
    reason: str,
) -> None:
    answer = post(sign_in(client, case.owner), at(case, measure), sent)
    assert answer.status_code == 303
    assert answer.location == f"/portal/{case.company.id}/roadmap#{measure.number}"
    session.refresh(measure)
    assert (measure.status, measure.status_reason) == (status, reason)
    assert (measure.done_on is not None) == (status is MeasureStatus.DONE)
    latest = history.entries_of(session, measure)[0]
    assert (latest.actor, latest.fields["status"]) == (case.owner.name, ["planned", status.value])
    assert f", {case.owner.name}" in told(client, case)


def test_editors_may_as_well_and_go_back_to_where_they_were(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    editor = make_member_with(session, case, MemberRight.EDITOR)
    here = f"/portal/{case.company.id}"
    answer = post(sign_in(client, editor), at(case, measure), {"status": "running", "next": here})
    assert (answer.status_code, answer.location) == (303, here)


def make_member_with(session: Session, case: Case, right: MemberRight) -> User:
    user = make_user(session, Role.COMPANY)
    session.add(CompanyMember(company_id=case.company.id, user_id=user.id, right=right))
    session.commit()
    return user


def test_what_came_out_is_kept_and_shown(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    sign_in(client, case.owner)
    post(client, at(case, measure), {"status": "done"})
    post(client, at(case, measure), {"status": "done", "result": "Rüstzeit von 48 auf 21 Minuten"})
    session.refresh(measure)
    assert measure.result == "Rüstzeit von 48 auf 21 Minuten"
    assert "Rüstzeit von 48 auf 21 Minuten" in client.get(f"/portal/{case.company.id}").text


def test_a_change_is_taken_back_with_everything_that_belonged_to_it(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    move(session, measure, MeasureStatus.DONE, result="21 Minuten")
    session.commit()
    before = (measure.status, measure.status_reason, measure.done_on, measure.result)
    sign_in(client, case.owner)
    post(client, at(case, measure), {"status": "not_now", "reason": REASON})
    address = undo_address(told(client, case))
    assert post(client, address).status_code == 303
    session.refresh(measure)
    assert (measure.status, measure.status_reason, measure.done_on, measure.result) == before
    assert isinstance(measure.done_on, date)


def test_undo_twice_or_too_late_changes_nothing(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    sign_in(client, case.owner)
    post(client, at(case, measure), {"status": "done"})
    address = undo_address(told(client, case))
    post(client, at(case, measure), {"status": "running"})
    late = post(client, address)
    assert late.status_code == 409
    assert "wurde inzwischen geändert" in late.text
    session.refresh(measure)
    assert measure.status is MeasureStatus.RUNNING


@pytest.mark.parametrize("version", ["0", "9" * 9, "9" * 40])
def test_undoing_a_version_that_never_was_changes_nothing(
    client: FlaskClient, session: Session, case: Case, measure: Measure, version: str
) -> None:
    sign_in(client, case.owner)
    assert post(client, f"{at(case, measure)}/{version}/undoing").status_code == 409
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


def test_what_the_coach_did_before_the_agreement_cannot_be_undone_from_here(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    sign_in(client, case.owner)
    answer = post(client, f"{at(case, measure)}/{measure.version}/undoing")
    assert answer.status_code == 409
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


def test_a_promise_is_ticked_and_opened_again(
    client: FlaskClient, session: Session, case: Case, promise: Commitment
) -> None:
    sign_in(client, case.owner)
    assert "Netzplan freigeben" in client.get(f"/portal/{case.company.id}").text
    assert post(client, f"/portal/{case.company.id}/commitments/{promise.id}/done").status_code == 303
    session.refresh(promise)
    assert promise.done_at is not None
    assert promise.done_by_id == case.owner.id
    assert post(client, undo_address(told(client, case))).status_code == 303
    session.refresh(promise)
    assert promise.done_at is None
    assert promise.done_by_id is None
    assert [e.actor for e in history.entries_of(session, promise)][:2] == [case.owner.name] * 2


# Who may not


def addresses(case: Case, measure: Measure, promise: Commitment) -> list[tuple[str, dict[str, str]]]:
    here = f"/portal/{case.company.id}"
    return [
        (f"{here}/measures/{measure.id}/status", {"status": "done"}),
        (f"{here}/measures/{measure.id}/status/{measure.version}/undoing", {}),
        (f"{here}/commitments/{promise.id}/done", {}),
        (f"{here}/commitments/{promise.id}/reopening", {}),
    ]


def unchanged(session: Session, measure: Measure, promise: Commitment) -> bool:
    session.refresh(measure)
    session.refresh(promise)
    return measure.status is MeasureStatus.PLANNED and promise.done_at is None


def test_readers_and_the_centre_change_nothing_here(
    client: FlaskClient, session: Session, case: Case, measure: Measure, promise: Commitment
) -> None:
    for user in (case.reader, case.coach):
        sign_in(client, user)
        for address, sent in addresses(case, measure, promise):
            assert post(client, address, sent).status_code == 403
    assert unchanged(session, measure, promise)


def test_another_firm_does_not_find_it(
    client: FlaskClient, session: Session, case: Case, measure: Measure, promise: Commitment
) -> None:
    stranger = make_case(session, "Fremde GmbH")
    session.commit()
    sign_in(client, stranger.owner)
    for address, sent in addresses(case, measure, promise):
        assert post(client, address, sent).status_code == 404
        own = address.replace(str(case.company.id), str(stranger.company.id))
        assert post(client, own, sent).status_code == 404
        missing = re.sub(r"(measures|commitments)/[0-9a-f-]+", rf"\1/{uuid.uuid4()}", own)
        assert post(client, missing, sent).status_code == 404
    assert unchanged(session, measure, promise)


def test_a_record_of_one_own_firm_is_not_reached_through_another_own_firm(
    client: FlaskClient, session: Session, case: Case, measure: Measure, promise: Commitment
) -> None:
    second = make_case(session, "Zweite GmbH")
    session.add(CompanyMember(company_id=second.company.id, user_id=case.owner.id, right=MemberRight.OWNER))
    session.commit()
    sign_in(client, case.owner)
    for address, sent in addresses(case, measure, promise):
        other = address.replace(str(case.company.id), str(second.company.id))
        assert post(client, other, sent).status_code == 404
    assert unchanged(session, measure, promise)


def test_an_archived_firm_cannot_be_changed(
    client: FlaskClient, session: Session, case: Case, measure: Measure, promise: Commitment
) -> None:
    case.company.archive()
    session.commit()
    sign_in(client, case.owner)
    for address, sent in addresses(case, measure, promise):
        assert post(client, address, sent).status_code == 404
    assert unchanged(session, measure, promise)


@pytest.mark.parametrize("status", [MeasureStatus.PROPOSED, MeasureStatus.DROPPED])
def test_a_measure_that_is_not_agreed_or_dropped_is_not_found(
    client: FlaskClient, session: Session, case: Case, measure: Measure, status: MeasureStatus
) -> None:
    never = add_measure(session, case, "Noch nicht vereinbart")
    move(session, measure, status, reason="intern")
    session.commit()
    sign_in(client, case.owner)
    for one in (never, measure):
        assert post(client, at(case, one), {"status": "done"}).status_code == 404


def test_the_centres_own_promise_is_not_the_companys_to_tick(
    client: FlaskClient, session: Session, case: Case, promise: Commitment
) -> None:
    promise.side = Side.CENTRE
    session.commit()
    address = f"/portal/{case.company.id}/commitments/{promise.id}/done"
    assert post(sign_in(client, case.owner), address).status_code == 403
    session.refresh(promise)
    assert promise.done_at is None


def test_without_the_forms_token_nothing_happens(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    answer = sign_in(client, case.owner).post(at(case, measure), data={"status": "done"})
    assert answer.status_code == 403
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


# Bad input


def test_not_now_needs_a_reason_and_says_so_at_the_measure(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    answer = post(sign_in(client, case.owner), at(case, measure), {"status": "not_now", "reason": "  "})
    assert answer.status_code == 422
    assert "Sagen Sie, warum diese Maßnahme zurückgestellt wird." in answer.text
    assert '<details class="measure-ask" open>' in answer.text
    assert "data-focus" in answer.text
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


def test_a_reason_that_is_too_long_is_refused_and_not_lost(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    long = "Umzug " * 50
    answer = post(sign_in(client, case.owner), at(case, measure), {"status": "not_now", "reason": long})
    assert answer.status_code == 422
    assert f'value="{long.strip()}"' in answer.text
    assert "200" in answer.text
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


@pytest.mark.parametrize("status", ["dropped", "proposed", "planned", "", "nonsense"])
def test_other_statuses_are_not_the_companys_to_set(
    client: FlaskClient, session: Session, case: Case, measure: Measure, status: str
) -> None:
    answer = post(sign_in(client, case.owner), at(case, measure), {"status": status, "reason": REASON})
    assert answer.status_code == 422
    session.refresh(measure)
    assert measure.status is MeasureStatus.PLANNED


def test_the_way_back_never_leads_to_another_site(client: FlaskClient, case: Case, measure: Measure) -> None:
    sent = {"status": "running", "next": "https://example.org/"}
    answer = post(sign_in(client, case.owner), at(case, measure), sent)
    assert answer.location == f"/portal/{case.company.id}/roadmap#{measure.number}"


def test_saying_the_same_twice_is_no_second_change(
    client: FlaskClient, session: Session, case: Case, measure: Measure
) -> None:
    sign_in(client, case.owner)
    for _time in range(2):
        assert post(client, at(case, measure), {"status": "running"}).status_code == 303
    moves = [e for e in history.entries_of(session, measure) if "status" in e.fields]
    assert [e.fields["status"][1] for e in moves] == ["running", "planned", "proposed"]
