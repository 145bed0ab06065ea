//! Tenants' objects: who sees what, who may change it, and how far it may be shown (cloudify.md#visibility).

use serde::{Deserialize, Serialize};

use super::call::{Call, Input, Viewer};
use super::refusal::{Refusal, bad_parameters, conflict, forbidden, illegal_action, no_such};

/// How far an object is shown; ordered from narrow to wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Visibility {
    /// To its creator, the tenant's managers and system administrators.
    Private,
    /// To the tenant.
    Tenant,
    /// To every tenant.
    Global,
}

impl Visibility {
    fn parse(text: &str) -> Option<Visibility> {
        match text {
            "private" => Some(Visibility::Private),
            "tenant" => Some(Visibility::Tenant),
            "global" => Some(Visibility::Global),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Tenant => "tenant",
            Visibility::Global => "global",
        }
    }
}

/// What every object of a tenant has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// Its id or key.
    pub id: String,
    /// The tenant that owns it.
    pub tenant: String,
    /// Who created it.
    pub owner: String,
    /// When, in logical milliseconds.
    pub created_at: u64,
    /// When it was last changed.
    pub updated_at: u64,
    /// How far it is shown.
    pub visibility: Visibility,
}

impl Meta {
    /// The head of an object that a call creates.
    pub(crate) fn new(id: &str, viewer: &Viewer, now: u64, visibility: Visibility) -> Meta {
        Meta {
            id: id.to_owned(),
            tenant: viewer.tenant.clone(),
            owner: viewer.username.clone(),
            created_at: now,
            updated_at: now,
            visibility,
        }
    }
}

/// An object of a tenant.
pub(crate) trait Scoped {
    /// What messages call the kind.
    const KIND: &'static str;

    /// The object's head.
    fn meta(&self) -> &Meta;

    /// The object's head, to change.
    fn meta_mut(&mut self) -> &mut Meta;
}

fn seen(meta: &Meta, viewer: &Viewer, all_tenants: bool) -> bool {
    let reach = match meta.visibility {
        Visibility::Global => true,
        _ if all_tenants => viewer.sys_admin || viewer.tenants.contains(&meta.tenant),
        _ => meta.tenant == viewer.tenant,
    };
    reach
        && (meta.visibility != Visibility::Private
            || viewer.sys_admin
            || viewer.manager
            || meta.owner == viewer.username)
}

/// The rows that the caller sees; `_all_tenants` widens the look.
pub(crate) fn visible<'r, T: Scoped + 'r>(
    rows: impl IntoIterator<Item = &'r T>,
    call: &Call,
) -> Result<impl Iterator<Item = &'r T>, Refusal> {
    let all_tenants = call.flag("_all_tenants")?;
    let viewer = call.viewer.clone();
    Ok(rows.into_iter().filter(move |row| seen(row.meta(), &viewer, all_tenants)))
}

/// The object of that id that the caller sees: the tenant's own before a global one of another tenant.
pub(crate) fn find<'r, T: Scoped + 'r>(
    rows: impl IntoIterator<Item = &'r T>,
    viewer: &Viewer,
    id: &str,
) -> Result<&'r T, Refusal> {
    let mut global = None;
    for row in rows.into_iter().filter(|row| row.meta().id == id && seen(row.meta(), viewer, false)) {
        if row.meta().tenant == viewer.tenant {
            return Ok(row);
        }
        global = global.or(Some(row));
    }
    global.ok_or_else(|| no_such(T::KIND, id))
}

fn position<T: Scoped>(rows: &[T], viewer: &Viewer, id: &str) -> Option<usize> {
    let named = || rows.iter().enumerate().filter(|(_, row)| row.meta().id == id && seen(row.meta(), viewer, false));
    named().find(|(_, row)| row.meta().tenant == viewer.tenant).or_else(|| named().next()).map(|(at, _)| at)
}

/// Refuses to change a global object from outside its tenant.
pub(crate) fn refuse_foreign(meta: &Meta, viewer: &Viewer) -> Result<(), Refusal> {
    if meta.tenant == viewer.tenant {
        return Ok(());
    }
    Err(illegal_action(format!(
        "Can't modify the global resource `{}` from outside its tenant `{}`",
        meta.id, meta.tenant
    )))
}

/// Where the object of that id stands, for a change.
pub(crate) fn own<T: Scoped>(rows: &[T], viewer: &Viewer, id: &str) -> Result<usize, Refusal> {
    let at = position(rows, viewer, id).ok_or_else(|| no_such(T::KIND, id))?;
    rows.get(at).map_or(Ok(()), |row| refuse_foreign(row.meta(), viewer))?;
    Ok(at)
}

/// The object of that id, to change.
pub(crate) fn own_mut<'r, T: Scoped>(rows: &'r mut [T], viewer: &Viewer, id: &str) -> Result<&'r mut T, Refusal> {
    let at = own(rows, viewer, id)?;
    rows.get_mut(at).ok_or_else(|| no_such(T::KIND, id))
}

/// Says whether a row stands in the way of a new one of that id in the tenant: its own, or global elsewhere.
pub(crate) fn takes<T: Scoped>(row: &T, id: &str, tenant: &str) -> bool {
    row.meta().id == id && (row.meta().tenant == tenant || row.meta().visibility == Visibility::Global)
}

/// 409: the id is taken, in the tenant or by a global object.
pub(crate) fn taken<T: Scoped>(id: &str, tenant: &str) -> Refusal {
    conflict(format!(
        "<{} id=`{id}` tenant=`{tenant}`> already exists on <Tenant name=`{tenant}`> or with global visibility",
        T::KIND
    ))
}

/// Refuses an id that is taken.
pub(crate) fn refuse_taken<T: Scoped>(rows: &[T], id: &str, tenant: &str) -> Result<(), Refusal> {
    if rows.iter().any(|row| takes(row, id, tenant)) { Err(taken::<T>(id, tenant)) } else { Ok(()) }
}

/// Refuses to show an object globally without the right, or while another tenant has the id.
pub(crate) fn refuse_global<T: Scoped>(rows: &[T], viewer: &Viewer, id: &str) -> Result<(), Refusal> {
    if !viewer.sys_admin {
        return Err(forbidden(format!(
            "User `{}` is not permitted to set or create a global resource",
            viewer.username
        )));
    }
    if rows.iter().any(|row| row.meta().id == id && row.meta().tenant != viewer.tenant) {
        return Err(conflict(format!(
            "Can't set or create the resource <{} id=`{id}` tenant=`{}`>, its visibility can't be global because it \
             also exists in other tenants",
            T::KIND,
            viewer.tenant
        )));
    }
    Ok(())
}

/// The visibility that a create asks for by word or by the older boolean; giving both is refused
/// (cloudify.md#visibility).
pub(crate) fn asked(visibility: Option<&str>, private: Option<bool>) -> Result<Visibility, Refusal> {
    match (visibility, private) {
        (Some(_), Some(_)) => {
            Err(bad_parameters("The `private_resource` and `visibility` arguments can't be used together"))
        }
        (Some(word), None) => Visibility::parse(word).ok_or_else(|| invalid(word, &["private", "tenant", "global"])),
        (None, Some(true)) => Ok(Visibility::Private),
        (None, _) => Ok(Visibility::Tenant),
    }
}

fn invalid(word: &str, valid: &[&str]) -> Refusal {
    let valid: Vec<String> = valid.iter().map(|word| format!("'{word}'")).collect();
    bad_parameters(format!("Invalid visibility: `{word}`. Valid visibility's values are: [{}]", valid.join(", ")))
}

/// Which visibilities `set-visibility` of a kind accepts.
pub(crate) type Targets = &'static [Visibility];

/// What all kinds but the deployments of 4.x accept.
pub(crate) const WIDER: Targets = &[Visibility::Tenant, Visibility::Global];

/// The target of `PATCH …/set-visibility`.
pub(crate) fn target(input: &Input, targets: Targets) -> Result<Visibility, Refusal> {
    let word = input.required_text("visibility")?;
    let words: Vec<&str> = targets.iter().map(|target| target.word()).collect();
    Visibility::parse(word).filter(|target| targets.contains(target)).ok_or_else(|| invalid(word, &words))
}

/// Widens an object's visibility. The same value is accepted and moves `updated_at`; narrowing is refused.
pub(crate) fn widen<T: Scoped>(
    rows: &mut [T],
    viewer: &Viewer,
    id: &str,
    target: Visibility,
    now: u64,
) -> Result<usize, Refusal> {
    let at = own(rows, viewer, id)?;
    let current = rows.get(at).map(|row| row.meta().visibility);
    if current > Some(target) {
        return Err(illegal_action(format!(
            "Can't set the visibility of `{id}` to {} because it already has wider visibility",
            target.word()
        )));
    }
    if target == Visibility::Global && current != Some(target) {
        refuse_global(rows, viewer, id)?;
    }
    if let Some(row) = rows.get_mut(at) {
        row.meta_mut().visibility = target;
        row.meta_mut().updated_at = now;
    }
    Ok(at)
}
