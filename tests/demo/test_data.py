"""The demo's data hold together: codes exist, people are known, texts belong to the model."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.companies.codes import check_region, check_register, check_vat, check_wz, legal_forms
from app.companies.names import SAME_NAME, similarity

ROOT = Path(__file__).parents[2] / "seeds"


def demo(name: str) -> Any:
    """One file of the demo."""
    return yaml.safe_load((ROOT / "demo" / f"{name}.yaml").read_text(encoding="utf-8"))


def reference(name: str) -> Any:
    """One file of the reference data."""
    return yaml.safe_load((ROOT / "reference" / f"{name}.yaml").read_text(encoding="utf-8"))


COMPANIES = demo("companies")["companies"]
FIELDS = ("automation", "digitalization", "ai", "decarbonization")
DIMENSIONS = {
    dimension["key"]: dimension
    for field in reference("maturity_model")["fields"]
    for dimension in field["dimensions"]
}
MEASURES = {measure["key"]: measure for measure in reference("measures")["measures"]}


@pytest.mark.parametrize("company", COMPANIES, ids=lambda company: company["name"])
def test_a_demo_company_passes_every_check_of_the_forms(company: dict[str, Any]) -> None:
    assert check_vat(company["vat_id"]) == company["vat_id"]
    assert check_wz(company["wz_version"], company["wz_code"]) == company["wz_code"]
    assert check_region(company["nuts3"], demo("centre")["regions"]) == company["nuts3"]
    entry = check_register(
        company.get("register_number", ""), company.get("register_court", ""), company["legal_form"]
    )
    assert entry.number == company.get("register_number", "")
    assert company["legal_form"] in {form.form for form in legal_forms()}
    assert company["name"].endswith(company["legal_form"])
    assert len(company["postcode"]) == 5
    assert 1 <= len(company["contacts"]) <= 3
    assert [year["year"] for year in company["years"]] == [2024, 2025]
    assert set(company["levels"]) == set(FIELDS)


def test_demo_companies_are_not_mistaken_for_one_another() -> None:
    assert len(COMPANIES) == 42
    assert len({company["vat_id"] for company in COMPANIES}) == 42
    alike = [(a["name"], b["name"]) for a, b in combinations(COMPANIES, 2)]
    assert [pair for pair in alike if similarity(*pair) >= SAME_NAME] == []
    mails = [contact["email"] for company in COMPANIES for contact in company["contacts"]]
    assert len(mails) == len(set(mails))
    assert {mail.rsplit(".", 1)[1] for mail in mails} == {"example"}


def test_every_company_has_coaches_of_the_centre() -> None:
    people = demo("people")
    coaches = {person["key"] for person in people["staff"] if person["role"] == "coach"}
    assert len(coaches) == 3
    assert {coach for company in COMPANIES for coach in company["coaches"]} == coaches
    names = {company["name"]: company for company in COMPANIES}
    for user in people["company_users"]:
        assert user["email"] in {contact["email"] for contact in names[user["company"]]["contacts"]}


def test_there_is_enough_to_tell() -> None:
    visits, commitments = demo("visits"), demo("commitments")
    told = [visit for kind in ("first", "assessment", *FIELDS) for visit in visits[kind]]
    assert len(told) >= 40
    assert len({visit["subject"] for visit in told}) >= 40
    assert all(visit["note"] for visit in told)
    sectors = {company["sector"] for company in COMPANIES}
    assert {sector for visit in told for sector in visit.get("sectors", [])} <= sectors
    for side in ("centre", "company"):
        texts = [promise["text"] for field in FIELDS for promise in commitments[field][side]]
        assert len(set(texts)) == len(texts) >= 40
        assert max(len(text) for text in texts) <= 200


def test_evidence_and_results_belong_to_the_model_and_the_catalogue() -> None:
    evidence = demo("evidence")
    assert set(evidence["answers"]) == set(DIMENSIONS)
    assert all(set(notes) == {"seen", "documented", "measured"} for notes in evidence["answers"].values())
    assert all(DIMENSIONS[key]["na_allowed"] for key in evidence["not_applicable"])
    assert {key for keys in evidence["not_applicable_in"].values() for key in keys} <= set(
        evidence["not_applicable"]
    )
    assert set(evidence["results"]) <= set(MEASURES)
    assert {measure["dimension"] for measure in evidence["free_measures"]} <= set(DIMENSIONS)


def test_the_showcase_fits_the_model_and_its_own_firm() -> None:
    story = demo("showcase")
    (company,) = [company for company in COMPANIES if company["name"] == story["company"]]
    people = {contact["email"].split("@")[0] for contact in company["contacts"]}
    assert list(story["levels"]) == list(DIMENSIONS)
    assert set(story["targets"]) == set(DIMENSIONS)
    for key, levels in story["levels"].items():
        target, importance = story["targets"][key]
        assert levels["t0"] <= target <= levels["t0"] + 2
        assert levels["t0"] <= levels["t1"] <= target
        assert importance in (1, 2, 3)
    assert sum(levels["t1"] > levels["t0"] for levels in story["levels"].values()) == 12
    assert {measure["catalogue"] for measure in story["measures"] if "catalogue" in measure} <= set(MEASURES)
    assert sum(measure["status"] == "done" for measure in story["measures"]) == 4
    assert {measure["contact"] for measure in story["measures"]} <= people
    assert {name for visit in story["visits"] + story["planned"] for name in visit["with"]} <= people
    assert sum(visit["minutes"] for visit in story["visits"]) == 1410
