//! The phrases by which programs say that somebody was refused, admitted, or left; separated by bars, in small letters.

/// Somebody was refused.
pub(super) const REFUSED: &str = "failed login|login failed|failed to login|failed to log in|failed to log on|login failure|login_failed|loginfailed|\
    login_fail|login-fail|login_error|login error|login incorrect|failed to authenticate|failed authentication|\
    failed auth|authentication fail|authentication_fail|authentication for|authentication error|\
    authentication unsuccessful|authentication attempt|authentication request for|auth-error|auth fail|auth_fail|\
    authfail|auth error|failed password|failed publickey|failed keyboard|invalid password|wrong password|bad password|\
    incorrect password|password is incorrect|password incorrect|password mismatch|password failed|password check failed|\
    passwd failure|invalid credential|bad credential|wrong credential|incorrect credential|invalid login|bad login|\
    illegal login|unsuccessful|invalid user|illegal user|unknown user|no such user|user not found|user unknown|\
    user does not exist|can't find user|not found in ldap|invalid account|invalidaccountid|wrong username|\
    invalid username|bad username|username or password|unknown account|invalid_login|invalid identifier|invalid_grant|\
    login attempt|logon failure|logon fail|logondenied|access denied for|login denied|access denied to user|\
    failed sign-in|sign-in failed|failed signin|sign in failed|sign_in_fail|invalid authentication|\
    could not authenticate|unable to authenticate|not authenticated|authentication rejected|wrong auth|has been denied|\
    not allowed to log|unauthorized access|authfailed|failed verification|failed for user|no matching peer|wrong user|\
    bad user|failed attempt|not a valid user|failed 1fa|failed 2fa|failed mfa|failed_login|invalid api key|\
    auth.login.fail|rejected by|registration from|challengeresponsefailed|authentication refused|authentication denied|\
    login refused|refused connect|failed su|failed logon|failed ssh|authlogin failed|invalid token";

/// Somebody was admitted.
pub(super) const GRANTED: &str = "user authenticated|login successful|successful login|successfully logged|logged in|login succe|login_success|accepted password|\
    accepted publickey|accepted keyboard|authentication succe|authenticated successfully|successfully authenticated|\
    authentication_success|successful authentication|has succeeded|session opened|logged on|signed in|successful duo|\
    successful 1fa|auth succe|successfulauth|login accepted|logon success|successful logon|new user session|user logged|\
    consolelogin";

/// Somebody left.
pub(super) const ENDED: &str = "logged out|session closed|logged off|logoff|user logout|signed out|session ended";
