"""Who somebody is and what they may do: sign-in through Cognito, sessions on the server, roles, and forms that are ours."""
