namespace Lectern.SharedKernel.Access;

/// <summary>What a member may do in a workspace. Each role may do all that the ones before it may.</summary>
public enum Role
{
    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Makes, changes and deletes things.</summary>
    Editor,

    /// <summary>Manages members, keys and settings.</summary>
    Admin,
}

/// <summary>How roles are written in the API, in tokens and in the database.</summary>
public static class Roles
{
    /// <summary><c>viewer</c>, <c>editor</c> or <c>admin</c>.</summary>
    public static string Name(this Role role) =>
        role switch
        {
            Role.Viewer => "viewer",
            Role.Editor => "editor",
            Role.Admin => "admin",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role."),
        };

    /// <summary>Reads a role's name; nothing else is one.</summary>
    public static bool TryParse(string? name, out Role role)
    {
        Role? found = name switch
        {
            "viewer" => Role.Viewer,
            "editor" => Role.Editor,
            "admin" => Role.Admin,
            _ => null,
        };
        role = found ?? Role.Viewer;
        return found is not null;
    }
}
