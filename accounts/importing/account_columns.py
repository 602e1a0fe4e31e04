"""The sheet of accounts: name, sign-in, office, role, post held."""

from __future__ import annotations

from accounts.importing.tables import Column, TableLayout
from accounts.roles import Role
from core.text import folded

ROLE_WORDS: dict[str, Role] = {
    "处室经办人": Role.CLERK,
    "处室负责人": Role.OFFICE_HEAD,
    "督查室": Role.SUPERVISION_OFFICE,
    "委领导": Role.LEADER,
    "驻委纪检监察组": Role.DISCIPLINE_GROUP,
    "台账管理员": Role.LEDGER_ADMIN,
    "系统管理员": Role.SYS_ADMIN,
    "安全管理员": Role.SEC_ADMIN,
    "审计管理员": Role.AUDIT_ADMIN,
}
OTHER_ROLE_WORDS: dict[str, Role] = {
    "经办人": Role.CLERK,
    "联络员": Role.CLERK,
    "处长": Role.OFFICE_HEAD,
    "负责人": Role.OFFICE_HEAD,
    "处室负责同志": Role.OFFICE_HEAD,
    "整改办": Role.SUPERVISION_OFFICE,
    "督查办": Role.SUPERVISION_OFFICE,
    "领导小组办公室": Role.SUPERVISION_OFFICE,
    "领导": Role.LEADER,
    "分管领导": Role.LEADER,
    "主要领导": Role.LEADER,
    "委主要领导": Role.LEADER,
    "纪检监察组": Role.DISCIPLINE_GROUP,
    "驻委纪检组": Role.DISCIPLINE_GROUP,
    "安全保密管理员": Role.SEC_ADMIN,
    "安全审计员": Role.AUDIT_ADMIN,
}

ACCOUNTS = TableLayout(
    sheet="账号",
    other_sheets=("用户", "人员", "账户", "users", "accounts"),
    columns=(
        Column("name", "姓名", ("名称", "显示名"), required=True, example="某某", width=18),
        Column("username", "账号", ("登录名", "用户名", "登录账号"), required=True, example="yizheng01", width=18,
               hint="登录时填写；字母、数字和“.”“-”“_”"),
        Column("office", "处室", ("单位", "处室(单位)", "所在处室", "机构"), example="医政医管处", width=26,
               hint="机构名录里的名称或别名"),
        Column("roles", "角色", (), example="处室经办人", options=tuple(ROLE_WORDS), width=18,
               hint="几个用“、”隔开；由安全管理员确认后生效"),
        Column("position", "职务", ("领导职务", "担任职务"), example="", width=28,
               hint="委领导担任的领导职务，其他人不填"),
        Column("email", "邮箱", ("电子邮箱", "电子邮件"), example="", width=26, hint="收提醒邮件，可以不填"),
        Column("remark", "备注", ("说明",), example="示例，导入时不读", width=20),
    ),
)  # fmt: skip


def role_of(text: str) -> Role | None:
    """The role that a word (in Chinese, also as offices say it) or an identifier names."""
    words = {folded(word): role for word, role in {**ROLE_WORDS, **OTHER_ROLE_WORDS}.items()}
    words |= {role.value: role for role in Role}
    return words.get(folded(text).lower())
