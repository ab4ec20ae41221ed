using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ScaleHub.Http.Input;

namespace ScaleHub.Http;

/// <summary>What the document says of types and attributes that only this program knows.</summary>
internal static class ApiDocsSchemas
{
    public static async Task CompleteAsync(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var parameter = (context.ParameterDescription?.ParameterDescriptor as IParameterInfoParameterDescriptor)?.ParameterInfo;
        var type = context.JsonPropertyInfo is null && parameter is not null
            ? parameter.ParameterType
            : context.JsonTypeInfo.Type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Optional<>))
        {
            var inner = await context.GetOrCreateSchemaAsync(type.GenericTypeArguments[0], cancellationToken: cancellationToken);
            (schema.Type, schema.Format, schema.Enum) = (inner.Type, inner.Format, inner.Enum);
            type = type.GenericTypeArguments[0];
        }
        // A component would be named after the type; values in place need no name.
        if (EnumName.NamesOf(type) is { } names)
            (schema.Type, schema.Enum) = (JsonSchemaType.String, [.. names.Select(n => (JsonNode)n)]);
        if ((Nullable.GetUnderlyingType(type) ?? type) == typeof(Timestamp))
            (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
        var member = context.JsonPropertyInfo?.AttributeProvider ?? parameter;
        foreach (var attribute in member?.GetCustomAttributes(inherit: true) ?? [])
            Apply(attribute, schema);
        // Unicode categories need a flag that JSON Schema does not have everywhere; clients would refuse what the API takes.
        if (schema.Pattern?.Contains(@"\p{", StringComparison.Ordinal) is true) schema.Pattern = null;
    }

    private static void Apply(object attribute, OpenApiSchema schema)
    {
        switch (attribute)
        {
            case AllowedValuesAttribute allowed:
                schema.Enum = [.. allowed.Values.OfType<string>().Select(value => (JsonNode)value)];
                break;
            case TextAttribute text:
                (schema.MinLength, schema.MaxLength) = (text.Min > 0 ? text.Min : null, text.Max);
                break;
            case EmailAttribute:
                (schema.Format, schema.MinLength, schema.MaxLength) = ("email", 3, EmailAttribute.MaxLength);
                break;
        }
    }
}
