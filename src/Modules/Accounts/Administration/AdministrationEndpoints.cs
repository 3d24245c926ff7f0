using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary>All that lies below <c>/admin</c> and is about people and workspaces.</summary>
internal static class AdministrationEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        ListPeopleEndpoint.Map(api);
        CreatePersonEndpoint.Map(api);
        ShowPersonEndpoint.Map(api);
        ChangePersonEndpoint.Map(api);
        DeletePersonEndpoint.Map(api);
        ListAllWorkspacesEndpoint.Map(api);
        AuditLogEndpoints.MapPlatform(api);
    }
}
