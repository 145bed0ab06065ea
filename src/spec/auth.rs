//! Proving who asks: how a token is asked for, and where credentials lie that a workspace does not give.

/// How requests prove who asks. The words name fields of `credentials`.
#[derive(Debug, Clone, Copy)]
pub enum Auth {
    /// HTTP Basic with a user and a password.
    Basic {
        /// The field with the user's name.
        user: &'static str,
        /// The field with the password.
        password: &'static str,
        /// The kind of which there is one, and whose field of the same name is the password from then on. No reply shows it,
        /// but any good answer proves the one that opened: what the kind lists is asked for to have one.
        set_by: Option<&'static str>,
        /// The field with a token that may stand in place of user and password, and the header that it is sent in.
        token: Option<(&'static str, &'static str)>,
    },
    /// OAuth2 client credentials: a token is fetched, renewed before it expires, and sent as a bearer.
    ClientCredentials(&'static ClientCredentials),
}

/// Who asks for tokens, whom, and how.
#[derive(Debug, Clone, Copy)]
pub struct ClientCredentials {
    /// The field with the client's id.
    pub client: &'static str,
    /// The field with the client's password.
    pub password: &'static str,
    /// The field with the token endpoint's URL.
    pub url: &'static str,
    /// The vendor's environments, of which each has an API and token issuers of its own.
    pub environments: Environments,
    /// How issuers want to be asked: a part of the host's name, and the form. The first that fits; the empty part fits all.
    pub forms: &'static [(&'static str, TokenForm)],
    /// Where credentials lie that a workspace does not give.
    pub elsewhere: Elsewhere,
}

/// How the URLs of an API and of its token issuers tell the vendor's environment.
#[derive(Debug, Clone, Copy)]
pub struct Environments {
    /// The texts before and after the environment's name in a URL: `https://gateway.` and `.netfoundry.io`.
    pub around: &'static [(&'static str, &'static str)],
    /// The environment of URLs that tell none.
    pub default: &'static str,
}

/// How an issuer wants to be asked; `{environment}` is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenForm {
    /// HTTP Basic, and a form with this scope.
    Basic(&'static str),
    /// JSON with id, password and this audience.
    Json(&'static str),
}

/// Where credentials lie that a workspace does not give: where the vendor's own tools look for them.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere {
    /// The variable with a token, used while it lasts.
    pub token: &'static str,
    /// The claim of a token that names the client it was issued for.
    pub claim: &'static str,
    /// The variable with the path of a file.
    pub file: &'static str,
    /// Fields of `credentials`, and the variables that hold them: all or none.
    pub variables: &'static [(&'static str, &'static str)],
    /// The file's name, where no variable gives its path.
    pub name: &'static str,
    /// The folders that it may be in; the first that holds it counts.
    pub folders: &'static [UserFolder],
}

/// A folder where users keep the files of a tool.
#[derive(Debug, Clone, Copy)]
pub enum UserFolder {
    /// The one that the program is run in.
    Current,
    /// Below the user's home.
    Home(&'static str),
    /// Below the user's folder of settings.
    Settings(&'static str),
    /// Below the user's folder of caches.
    Cache(&'static str),
    /// Anywhere.
    At(&'static str),
}

impl Environments {
    /// The environment that a URL tells.
    pub fn of<'u>(&self, url: &'u str) -> Option<&'u str> {
        let named = |(before, after): &(&str, &str)| Some(url.strip_prefix(before)?.split_once(after)?.0);
        let is_word = |name: &&str| !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_alphanumeric());
        self.around.iter().filter_map(named).find(is_word)
    }
}

impl ClientCredentials {
    /// How the issuer at a URL wants to be asked.
    pub fn form(&self, url: &str) -> TokenForm {
        let host = url.split('/').nth(2).unwrap_or_default();
        let fits = self.forms.iter().find(|(part, _)| host.contains(part));
        fits.map_or(TokenForm::Basic(""), |(_, form)| *form)
    }
}
