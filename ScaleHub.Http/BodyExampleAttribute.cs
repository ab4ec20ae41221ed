namespace ScaleHub.Http;

/// <summary>A body that the request accepts, as JSON, for its description. A test sends each of them.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BodyExampleAttribute(string json) : Attribute
{
    /// <summary>The body.</summary>
    public string Json => json;
}
